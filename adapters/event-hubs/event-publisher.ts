import type { EventDataBatch, EventHubProducerClient } from '@azure/event-hubs';
import {
  type ClientSettings,
  createProducerClient,
  type EventHubsConnection,
  type EventHubsTransport,
} from '#adapters/event-hubs/connection.ts';
import { classifyError, type EventHubsFailure } from '#adapters/event-hubs/errors.ts';
import { toEventData } from '#adapters/event-hubs/messages.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventPublisher, MessageToPublish, PublishResult } from '#ports/event-publisher.ts';

/** What a publisher to one hub is made from. */
export interface EventHubsPublisherSettings {
  readonly connection: EventHubsConnection;
  readonly hub: string;
  readonly transport: EventHubsTransport;
  readonly clock: Clock;
  readonly tuning?: Partial<EventHubsPublisherTuning>;
}

/** Durations in milliseconds. */
export interface EventHubsPublisherTuning {
  /** Until one attempt is given up; its outcome is unknown then. */
  readonly attemptTimeoutMs: number;
  /** Until closing is given up: a dead connection never answers. */
  readonly closeTimeoutMs: number;
  /** How long an attempt that certainly sent nothing is repeated before the publisher gives up. */
  readonly retryForMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

const defaults: EventHubsPublisherTuning = {
  attemptTimeoutMs: 5_000,
  closeTimeoutMs: 2_000,
  retryForMs: 10_000,
  firstBackoffMs: 100,
  maxBackoffMs: 2_000,
  random: Math.random,
};

type Target = { readonly partitionId?: string; readonly partitionKey?: string };

/**
 * Publishes to an event hub through `@azure/event-hubs`. Repeats by itself only what certainly was not sent; where that cannot be
 * known it answers `unknown-outcome`, and who repeats then may publish twice (the service has no deduplication).
 * @throws TypeError when the connection cannot be used as it is written
 */
export function createEventHubsPublisher(settings: EventHubsPublisherSettings): EventPublisher {
  const { connection, hub, transport, clock } = settings;
  const tuning = { ...defaults, ...settings.tuning };
  const client: ClientSettings = { connection, hub, transport, timeoutMs: tuning.attemptTimeoutMs };
  let producer: EventHubProducerClient | undefined = createProducerClient(client);
  const closed = new AbortController();

  const renew = (old: EventHubProducerClient): void => {
    if (producer !== old) return;
    producer = createProducerClient(client);
    // In the background: closing a dead connection waits for answers that never come.
    void old.close().catch(() => undefined);
  };

  const attempt = async (messages: readonly MessageToPublish[], target: Target): Promise<Attempt> => {
    if (producer === undefined) return { end: { ok: false, reason: 'unavailable', detail: 'the publisher is closed' } };
    const using = producer;
    let batch: EventDataBatch;
    try {
      batch = await within(using.createBatch(target), tuning.attemptTimeoutMs, clock);
      for (const message of messages) if (!batch.tryAdd(toEventData(message))) return tooLarge(batch);
    } catch (error) {
      const failure = classifyError(error);
      if (failure.kind === 'timeout') renew(using);
      return judge(failure, 'nothing-sent');
    }
    try {
      await within(using.sendBatch(batch), tuning.attemptTimeoutMs * 2, clock);
      return { end: { ok: true } };
    } catch (error) {
      const failure = classifyError(error);
      if (failure.kind === 'timeout') renew(using);
      return judge(failure, 'perhaps-sent');
    }
  };

  return {
    publish: async (messages, options) => {
      if (messages.length === 0) return { ok: true };
      const deadline = clock.monotonic() + tuning.retryForMs;
      const target = targetOf(options);
      for (let attempts = 1; ; attempts += 1) {
        const { end, retry } = await attempt(messages, target);
        if (end !== undefined) return end;
        const most = Math.min(tuning.maxBackoffMs, tuning.firstBackoffMs * 2 ** Math.min(attempts - 1, 16));
        const pause = most * (0.5 + tuning.random() / 2);
        if (closed.signal.aborted || clock.monotonic() + pause > deadline) return retry;
        await clock.sleep(pause, closed.signal);
      }
    },
    close: async () => {
      closed.abort();
      const open = producer;
      producer = undefined;
      await within(open?.close() ?? Promise.resolve(), tuning.closeTimeoutMs, clock).catch(() => undefined);
    },
  };
}

type Attempt =
  | { readonly end: PublishResult; readonly retry?: never }
  /** Certainly not sent, worth another attempt; `retry` is the answer when there is no time for one. */
  | { readonly end?: never; readonly retry: PublishResult };

function judge(failure: EventHubsFailure, sent: 'nothing-sent' | 'perhaps-sent'): Attempt {
  const { kind, detail } = failure;
  switch (kind) {
    case 'too-large':
      return { end: { ok: false, reason: 'too-large', detail } };
    case 'access-denied':
      return { end: { ok: false, reason: 'access-denied', detail } };
    case 'not-found':
      return { end: { ok: false, reason: 'unavailable', detail } };
    case 'throttled':
    case 'not-connected':
      return { retry: { ok: false, reason: 'unavailable', detail } };
    case 'ownership-lost':
    case 'position-invalid':
    case 'timeout':
    case 'aborted':
    case 'unavailable':
      return sent === 'nothing-sent'
        ? { retry: { ok: false, reason: 'unavailable', detail } }
        : { end: { ok: false, reason: 'unknown-outcome', detail } };
    default:
      return assertNever(kind);
  }
}

function tooLarge(batch: EventDataBatch): Attempt {
  const detail = `more than the ${batch.maxSizeInBytes} bytes that the service takes in one batch`;
  return { end: { ok: false, reason: 'too-large', detail } };
}

function targetOf(options: Target | undefined): Target {
  const { partitionId, partitionKey } = options ?? {};
  // The service takes either.
  if (partitionId !== undefined) return { partitionId };
  return partitionKey === undefined ? {} : { partitionKey };
}

/** The client's own timeouts cover only parts of a call; this one has its name, so that it is judged alike. */
async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).then((): never => {
    throw Object.assign(new Error(`no answer within ${ms} ms`), { code: 'OperationTimeoutError' });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
