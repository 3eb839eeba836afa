import type { EventPosition, ReceivedEventData } from '@azure/event-hubs';
import type { PartitionAnswer, PartitionClient } from '#adapters/event-hubs/clients.ts';
import { classifyError, type EventHubsFailure } from '#adapters/event-hubs/errors.ts';
import type { LinkLimits } from '#adapters/event-hubs/prefetch.ts';
import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import type { Clock } from '#ports/clock.ts';
import type { StartPosition } from '#ports/event-source.ts';

/** What can happen on an open link. */
export type LinkEvent =
  /** The client hands over nothing more until `next` is called. */
  | {
      readonly type: 'messages';
      readonly events: readonly ReceivedEventData[];
      readonly next: () => void;
    }
  | { readonly type: 'failed'; readonly failure: EventHubsFailure }
  /** The answer to `ask`; undefined where none came in time. */
  | { readonly type: 'answer'; readonly result: PartitionAnswer | undefined }
  /** Time passed. */
  | { readonly type: 'tick' }
  /** The client was thrown away, or the reading was aborted. */
  | { readonly type: 'ended'; readonly why: 'replaced' | 'aborted' };

/** One subscription of the vendor's client, as a sequence of events for one reader. */
export interface Link {
  take(): Promise<LinkEvent>;
  post(event: LinkEvent): void;
  /** Asks the service where the partition ends; the answer comes as an event. One question at a time. */
  ask(): void;
  /** Stops fetching. Waits for the service to agree, but not for long. Idempotent. */
  close(): Promise<void>;
}

export interface LinkSettings {
  readonly client: PartitionClient;
  readonly partitionId: string;
  readonly from: StartPosition;
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly tuning: EventHubsTuning;
  /** Called at every tick, also while the reader is busy with an event. */
  readonly onTick: () => void;
}

/** Opens a link; trouble comes as an event, never as an exception. */
export function openLink(settings: LinkSettings): Link {
  const { client, partitionId, limits, clock, tuning } = settings;
  const waiting: LinkEvent[] = [];
  const ended = new AbortController();
  let wake: (() => void) | undefined;
  let resume: (() => void) | undefined;
  let asking = false;
  let closing: Promise<void> | undefined;

  const post = (event: LinkEvent): void => {
    waiting.push(event);
    wake?.();
  };

  const subscribe = (): { close(): Promise<void> } | undefined => {
    try {
      return client.subscribe(
        partitionId,
        {
          processEvents: (events) => {
            if (ended.signal.aborted) return Promise.resolve();
            return new Promise<void>((resolve) => {
              resume = resolve;
              post({ type: 'messages', events, next: resolve });
            });
          },
          processError: (error) => {
            // The client would go on by itself, from the position this link began at.
            if (!ended.signal.aborted) post({ type: 'failed', failure: classifyError(error) });
            return Promise.resolve();
          },
        },
        {
          startPosition: toEventPosition(settings.from),
          maxBatchSize: limits.maxBatchSize,
          prefetchCount: limits.prefetchCount,
          maxWaitTimeInSeconds: tuning.maxWaitMs / 1_000,
          ownerLevel: 0,
          skipParsingBodyAsJson: true,
        },
      );
    } catch (error) {
      post({ type: 'failed', failure: classifyError(error) });
      return undefined;
    }
  };
  const subscription = subscribe();

  const tick = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.sleep(tuning.tickMs, ended.signal);
      if (ended.signal.aborted) return;
      settings.onTick();
      if (!waiting.some((event) => event.type === 'tick')) post({ type: 'tick' });
    }
  };
  void tick();

  return {
    post,
    take: async () => {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    ask: () => {
      if (asking) return;
      asking = true;
      void askWithin(settings, ended.signal).then((result) => {
        asking = false;
        if (!ended.signal.aborted) post({ type: 'answer', result });
      });
    },
    close: () => {
      closing ??= (async () => {
        ended.abort();
        const closed = subscription?.close().catch(() => undefined);
        resume?.();
        const given = new AbortController();
        await Promise.race([closed, clock.sleep(tuning.closeTimeoutMs, given.signal)]);
        given.abort();
      })();
      return closing;
    },
  };
}

/** The client's own timeout covers only parts of the call. */
async function askWithin(settings: LinkSettings, signal: AbortSignal): Promise<PartitionAnswer | undefined> {
  const { client, partitionId, clock, tuning } = settings;
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(tuning.operationTimeoutMs, both).then(() => undefined);
  const result = await Promise.race([client.partition(partitionId, both), late]);
  over.abort();
  return result;
}

function toEventPosition(from: StartPosition): EventPosition {
  if (from.at === 'earliest') return { offset: '-1' };
  return { sequenceNumber: from.sequenceNumber, isInclusive: from.inclusive };
}
