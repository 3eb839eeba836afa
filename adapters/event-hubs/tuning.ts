/** What makes the source fast, small and quick to notice trouble. Every duration is in milliseconds. */
export interface EventHubsTuning {
  /** Most messages in one item. */
  readonly maxBatchSize: number;
  /** Most messages that the client is asked to fetch ahead. */
  readonly maxPrefetch: number;
  /** Fetched ahead while nothing is known about the size of messages (they may be 1 MiB each). */
  readonly firstPrefetch: number;
  /** Bytes of memory that messages fetched ahead may take, per partition. */
  readonly maxBufferedBytes: number;
  /**
   * How long the client waits for a first message before it reports that there is none. Short, because a client that waits does not
   * notice that its connection was dropped.
   */
  readonly maxWaitMs: number;
  /** Idle reports in a row after which the link is opened anew: each makes the client ask for more messages ahead. */
  readonly maxIdleCycles: number;
  /** Messages asked for altogether over one link, beyond which it is opened anew (AMQP counts credit in 32 bits). */
  readonly maxCredit: number;
  /** Quiet time after which the service is asked where the partition ends. */
  readonly watchdogMs: number;
  /** How long a message may be known to the service and not have arrived, before the link is opened anew. */
  readonly silenceMs: number;
  /** How often the amount fetched ahead is looked at while the consumer works. */
  readonly tickMs: number;
  /** Until one operation of the client is given up. */
  readonly operationTimeoutMs: number;
  /** Until closing a link is given up: a dead connection never answers. */
  readonly closeTimeoutMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/**
 * The client's own defaults give 137 messages a second per partition: it waits 20 ms for every batch and asks for more only when
 * fewer than `maxBatchSize` are left, so batches and prefetch have to be large. Not larger than one batch needs, though: what waits in the client is many objects for
 * every message, which the garbage collector copies again and again.
 */
export const defaultTuning: EventHubsTuning = {
  maxBatchSize: 500,
  maxPrefetch: 600,
  firstPrefetch: 128,
  maxBufferedBytes: 32 * 1024 * 1024,
  maxWaitMs: 1_000,
  maxIdleCycles: 300,
  maxCredit: 50_000_000,
  watchdogMs: 5_000,
  silenceMs: 2_000,
  tickMs: 100,
  operationTimeoutMs: 5_000,
  closeTimeoutMs: 2_000,
  firstBackoffMs: 100,
  maxBackoffMs: 5_000,
  random: Math.random,
};
