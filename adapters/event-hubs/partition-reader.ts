import type { ReceivedEventData } from '@azure/event-hubs';
import type { Clients, PartitionClient } from '#adapters/event-hubs/clients.ts';
import type { EventHubsFailure, EventHubsFailureKind } from '#adapters/event-hubs/errors.ts';
import { type Link, openLink } from '#adapters/event-hubs/link.ts';
import { toReceivedMessage } from '#adapters/event-hubs/messages.ts';
import { createPrefetch, type Prefetch, type ReopenReason } from '#adapters/event-hubs/prefetch.ts';
import { createQuiet } from '#adapters/event-hubs/quiet.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { Clock } from '#ports/clock.ts';
import type { LastEnqueued, ReceivedItem, ReceivedMessage, StartPosition } from '#ports/event-source.ts';

/** What the reading of one partition works with. */
export interface PartitionReaderDeps {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly tuning: EventHubsTuning;
  readonly onState: (state: PartitionState) => void;
}

/** How the use of one link ended. */
type LinkEnd =
  | { readonly kind: 'aborted' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'reopen'; readonly why: ReopenReason | 'silent' | 'replaced' }
  /** `distrust` where the connection itself seems to be dead. */
  | { readonly kind: 'failed'; readonly failure: EventHubsFailure; readonly distrust?: boolean };

const noAnswer: EventHubsFailure = { kind: 'timeout', detail: 'the service does not answer' };

/** What a question fails with that found nobody to answer it. Anything else is an answer, and says nothing about the link. */
const unanswered: ReadonlySet<EventHubsFailureKind> = new Set(['not-connected', 'timeout', 'aborted']);

/** Failures of any kind in a row after which the connection itself is no longer trusted. */
const distrustAfter = 3;

/**
 * Reads one partition until `signal` is aborted or somebody else has it: opens links one after the other, each from the last message that was
 * handed out.
 */
export async function* readPartition(
  deps: PartitionReaderDeps,
  partitionId: string,
  from: StartPosition,
  signal: AbortSignal,
): AsyncGenerator<ReceivedItem, void, undefined> {
  const { clients, clock, tuning, onState } = deps;
  const reading: Reading = {
    deps,
    partitionId,
    delivered: before(from),
    failures: 0,
    doubtedAt: 0,
    replaced: false,
    prefetch: createPrefetch(tuning),
  };
  while (!signal.aborted) {
    const { client, generation } = clients.current();
    const position: StartPosition =
      reading.delivered === undefined || (from.at !== 'earliest' && reading.delivered === before(from))
        ? from
        : { at: 'sequence-number', sequenceNumber: reading.delivered, inclusive: false };
    const end = yield* useLink(reading, client, position, signal);
    switch (end.kind) {
      case 'aborted':
      case 'stopped':
        return;
      case 'reopen':
        onState({ state: 'reopened', why: end.why });
        break;
      case 'failed': {
        reading.failures += 1;
        if (isDistrusted(reading, end.distrust === true)) clients.replace(generation);
        const retryInMs = backoff(tuning, reading.failures);
        onState({ state: 'down', reason: end.failure.kind, detail: end.failure.detail, retryInMs });
        await clock.sleep(retryInMs, signal);
        break;
      }
      default:
        assertNever(end);
    }
  }
}

interface Reading {
  readonly deps: PartitionReaderDeps;
  readonly partitionId: string;
  readonly prefetch: Prefetch;
  /** Last sequence number handed out, or the one before the start; undefined at the very beginning. */
  delivered: number | undefined;
  /** Failures in a row, since the service last answered. */
  failures: number;
  /** When the first of them was, or the connection was replaced because of them; on the monotonic clock. */
  doubtedAt: number;
  /** Whether it was. */
  replaced: boolean;
}

/**
 * Whether the connection, which all partitions share, is to be replaced after one more failure: once because of failures in a row, and again only after
 * nobody was heard over the new one for as long as that takes; never while others are heard over it.
 */
function isDistrusted(reading: Reading, distrust: boolean): boolean {
  const { clients, clock, tuning } = reading.deps;
  const now = clock.monotonic();
  if (reading.failures === 1) {
    reading.doubtedAt = now;
    reading.replaced = false;
  }
  if (!distrust && reading.failures < distrustAfter) return false;
  if (reading.replaced && now - reading.doubtedAt < tuning.watchdogMs + tuning.operationTimeoutMs) return false;
  if (clients.isAnyHeardSince(reading.doubtedAt, reading.partitionId)) return false;
  reading.doubtedAt = now;
  reading.replaced = true;
  return true;
}

async function* useLink(
  reading: Reading,
  client: PartitionClient,
  from: StartPosition,
  signal: AbortSignal,
): AsyncGenerator<ReceivedItem, LinkEnd, undefined> {
  const { deps, partitionId, prefetch } = reading;
  const { clients, clock, tuning } = deps;
  let overfull: ReopenReason | undefined;
  const judge = (): ReopenReason | undefined => prefetch.judge(buffered(reading, client));
  const link = openLink({
    ...{ client, partitionId, from, clock, tuning, limits: prefetch.open() },
    onTick: () => {
      // Also while the consumer works: that is when the client fetches ahead.
      if (judge() !== 'buffer') return;
      overfull = 'buffer';
      void link.close();
    },
  });
  const aborted = (): void => link.post({ type: 'ended', why: 'aborted' });
  const forget = clients.onReplaced(() => link.post({ type: 'ended', why: 'replaced' }));
  if (signal.aborted) aborted();
  signal.addEventListener('abort', aborted, { once: true });
  try {
    return yield* useOpenLink(reading, link, () => overfull ?? judge());
  } finally {
    signal.removeEventListener('abort', aborted);
    forget();
    await link.close();
  }
}

async function* useOpenLink(
  reading: Reading,
  link: Link,
  judge: () => ReopenReason | undefined,
): AsyncGenerator<ReceivedItem, LinkEnd, undefined> {
  const { deps, partitionId, prefetch } = reading;
  const quiet = createQuiet(deps.tuning, deps.clock.monotonic());
  let told: PartitionState['state'] | undefined;
  const tell = (state: PartitionState): void => {
    if (told !== state.state) deps.onState(state);
    told = state.state;
  };
  const alive = (): void => {
    reading.failures = 0;
    deps.clients.heard(partitionId);
    tell({ state: 'listening' });
  };
  for (;;) {
    const event = await link.take();
    const now = deps.clock.monotonic();
    switch (event.type) {
      case 'ended':
        return event.why === 'aborted' ? { kind: 'aborted' } : { kind: 'reopen', why: 'replaced' };
      case 'failed':
        if (event.failure.kind === 'ownership-lost') yield { kind: 'stopped', reason: 'ownership-lost' };
        else if (event.failure.kind === 'position-invalid') yield { kind: 'stopped', reason: 'position-invalid' };
        else return { kind: 'failed', failure: event.failure };
        return { kind: 'stopped' };
      case 'messages': {
        const messages = accept(reading, partitionId, event.events);
        if (messages.length > 0) {
          alive();
          yield { kind: 'batch', messages };
          quiet.heard(deps.clock.monotonic());
        } else {
          prefetch.idle();
          if (quiet.waited()) link.ask();
        }
        const why = judge();
        if (why !== undefined) return { kind: 'reopen', why };
        event.next();
        break;
      }
      case 'tick':
        if (judge() === 'buffer') return { kind: 'reopen', why: 'buffer' };
        if (quiet.due(now)) link.ask();
        break;
      case 'answer': {
        if (event.result === undefined) return { kind: 'failed', failure: noAnswer, distrust: true };
        if (!event.result.ok) {
          const { failure } = event.result;
          if (unanswered.has(failure.kind)) return { kind: 'failed', failure };
          // Messages may come all the same: closing the link would only keep them waiting.
          tell({ state: 'unproved', reason: failure.kind, detail: failure.detail });
          break;
        }
        const verdict = quiet.answered(event.result.partition, reading.delivered, now);
        if (verdict === 'silent') return { kind: 'reopen', why: 'silent' };
        if (verdict === 'beyond-the-end') {
          yield { kind: 'stopped', reason: 'position-invalid' };
          return { kind: 'stopped' };
        }
        if (verdict === 'fine') {
          alive();
          yield { kind: 'idle', lastEnqueued: lastEnqueued(event.result.partition) };
        }
        break;
      }
      default:
        assertNever(event);
    }
  }
}

/** Converts what is new: the service delivers at least once, but positions must not decrease. */
function accept(
  reading: Reading,
  partitionId: string,
  events: readonly ReceivedEventData[],
): readonly ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  let bytes = 0;
  for (const event of events) {
    if (event.sequenceNumber <= (reading.delivered ?? -1)) continue;
    reading.delivered = event.sequenceNumber;
    const message = toReceivedMessage(partitionId, event);
    bytes += message.body.byteLength;
    messages.push(message);
  }
  if (messages.length > 0) reading.prefetch.handedOut({ count: messages.length, bytes });
  return messages;
}

/** How many messages the client holds: seen where possible, else the most it can be. */
function buffered(reading: Reading, client: PartitionClient): number {
  const most = reading.prefetch.mostBuffered();
  const fetched = client.lastFetched(reading.partitionId);
  if (fetched === undefined) return most;
  if (fetched < 0 || reading.delivered === undefined) return 0;
  return Math.min(most, Math.max(0, fetched - reading.delivered));
}

function lastEnqueued(partition: {
  readonly lastEnqueuedSequenceNumber: number;
  readonly lastEnqueuedAt: number | undefined;
}): LastEnqueued | undefined {
  const { lastEnqueuedSequenceNumber: sequenceNumber, lastEnqueuedAt: enqueuedAt } = partition;
  return enqueuedAt === undefined ? undefined : { sequenceNumber, enqueuedAt };
}

function before(from: StartPosition): number | undefined {
  if (from.at === 'earliest') return undefined;
  return from.inclusive ? from.sequenceNumber - 1 : from.sequenceNumber;
}

function backoff(tuning: EventHubsTuning, failures: number): number {
  const most = Math.min(tuning.maxBackoffMs, tuning.firstBackoffMs * 2 ** Math.min(failures - 1, 16));
  return Math.round(most * (0.5 + tuning.random() / 2));
}
