import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';

/** What one link is opened with. */
export interface LinkLimits {
  readonly prefetchCount: number;
  readonly maxBatchSize: number;
}

/** Why a link should be opened anew. */
export type ReopenReason = 'buffer' | 'faster' | 'credit';

/** Decides how much the client may fetch ahead, from the size of the messages that came. */
export interface Prefetch {
  /** Limits for the next link; the accounts begin anew. */
  open(): LinkLimits;
  /** Notes a batch that was handed out. */
  handedOut(sizes: { readonly count: number; readonly bytes: number }): void;
  /** Notes that the client waited in vain. */
  idle(): void;
  /** Upper bound of the messages that the client can hold, for when it cannot be seen. */
  mostBuffered(): number;
  /** Whether the link should be opened anew. `buffered` is how many messages the client holds. */
  judge(buffered: number): ReopenReason | undefined;
}

/** The client keeps every message as several objects: measured as 2.6-5 KB for messages of 1 KB. */
const overheadBytes = 3_000;

/**
 * The client's `prefetchCount` is no bound: it grants credit for that many messages in every cycle, whether or not those of the last cycle
 * came, so after quiet hours a burst would be fetched whole. Hence this account: a link that holds too much, or could, is
 * closed, and opened anew when the consumer is ready.
 */
export function createPrefetch(tuning: EventHubsTuning): Prefetch {
  let averageBytes: number | undefined;
  let limits: LinkLimits = { prefetchCount: 0, maxBatchSize: 0 };
  let granted = 0;
  let handed = 0;
  let idleCycles = 0;
  let fullBatches = 0;

  const wanted = (): LinkLimits => {
    const fits = averageBytes === undefined ? tuning.firstPrefetch : tuning.maxBufferedBytes / 2 / averageBytes;
    const prefetchCount = Math.max(1, Math.min(tuning.maxPrefetch, Math.floor(fits)));
    return { prefetchCount, maxBatchSize: Math.min(tuning.maxBatchSize, prefetchCount) };
  };

  return {
    open: () => {
      limits = wanted();
      granted = limits.prefetchCount;
      handed = 0;
      idleCycles = 0;
      fullBatches = 0;
      return limits;
    },
    handedOut: ({ count, bytes }) => {
      const now = bytes / count + overheadBytes;
      // Growth counts at once, shrinking slowly: a few small messages say nothing about the next.
      averageBytes = averageBytes === undefined ? now : Math.max(now, averageBytes * 0.9 + now * 0.1);
      granted += limits.prefetchCount;
      handed += count;
      idleCycles = 0;
      fullBatches = count >= limits.maxBatchSize ? fullBatches + 1 : 0;
    },
    idle: () => {
      granted += limits.prefetchCount;
      idleCycles += 1;
    },
    mostBuffered: () => granted - handed,
    judge: (buffered) => {
      const bytes = averageBytes ?? overheadBytes;
      if (buffered * bytes > tuning.maxBufferedBytes || limits.prefetchCount * bytes > tuning.maxBufferedBytes * 2)
        return 'buffer';
      if (fullBatches >= 4 && wanted().prefetchCount >= limits.prefetchCount * 2) return 'faster';
      if (idleCycles >= tuning.maxIdleCycles || granted > tuning.maxCredit) return 'credit';
      return undefined;
    },
  };
}
