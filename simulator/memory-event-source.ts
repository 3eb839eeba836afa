import type { Clock } from '#ports/clock.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type {
  EventSource,
  LastEnqueued,
  PartitionProperties,
  ReceivedItem,
  ReceivedMessage,
  SourceFailure,
  StartPosition,
} from '#ports/event-source.ts';

/** A hub that lives in memory, for tests of what reads from one. */
export interface MemoryHub {
  /** A reader. Of several that read one partition, the last one has it. */
  source(): EventSource;
  /** Adds messages to a partition; returns the sequence number of the last one. */
  publish(partitionId: string, messages: readonly MessageToPublish[]): number;
  /** Forgets all messages of a partition before a sequence number, as retention does. */
  truncate(partitionId: string, beforeSequenceNumber: number): void;
  /** Begins anew, empty, as a hub that was deleted and made again. Readers beyond the end are told so. */
  recreate(): void;
  /** Makes the questions fail and the readers wait, until called with undefined. */
  fail(failure: SourceFailure | undefined): void;
}

export interface MemoryHubSettings {
  readonly clock: Clock;
  /** Default 2. */
  readonly partitions?: number;
  /** Lower case; default `memory` and `notices`. */
  readonly namespace?: string;
  readonly hub?: string;
  /** Most messages in one item (default 500). */
  readonly maxBatchSize?: number;
  /** Milliseconds of quiet after which a reader gets an idle item (default 1,000). */
  readonly idleMs?: number;
}

interface Partition {
  first: number;
  messages: ReceivedMessage[];
  /** Of the newest message, kept when retention has taken it. */
  lastEnqueuedAt: number | undefined;
  /** Changes when somebody else begins to read. */
  reader: object | undefined;
}

/** Makes an empty hub. */
export function createMemoryHub(settings: MemoryHubSettings): MemoryHub {
  const {
    clock,
    partitions: count = 2,
    namespace = 'memory',
    hub = 'notices',
    maxBatchSize = 500,
    idleMs = 1_000,
  } = settings;
  const partitionIds = Array.from({ length: count }, (_, index) => String(index));
  let partitions = empty(partitionIds);
  let createdAt = clock.now();
  let failure: SourceFailure | undefined;
  let changed = new AbortController();

  /** Wakes every reader. */
  const wake = (): void => {
    const old = changed;
    changed = new AbortController();
    old.abort();
  };

  const properties = (partitionId: string): PartitionProperties | undefined => {
    const partition = partitions.get(partitionId);
    if (partition === undefined) return undefined;
    const last = partition.first + partition.messages.length - 1;
    return {
      partitionId,
      beginningSequenceNumber: partition.first,
      lastEnqueuedSequenceNumber: last,
      lastEnqueuedOffset: String(last),
      lastEnqueuedAt: partition.lastEnqueuedAt,
      isEmpty: partition.messages.length === 0,
    };
  };

  async function* receive(
    partitionId: string,
    from: StartPosition,
    signal: AbortSignal,
  ): AsyncGenerator<ReceivedItem, void> {
    const me = {};
    const joined = partitions.get(partitionId);
    if (joined !== undefined) joined.reader = me;
    wake();
    let next = from.at === 'earliest' ? 0 : from.sequenceNumber + (from.inclusive ? 0 : 1);
    while (!signal.aborted) {
      const partition = partitions.get(partitionId);
      const waiting = AbortSignal.any([signal, changed.signal]);
      if (partition !== undefined && failure === undefined) {
        partition.reader ??= me;
        if (partition.reader !== me) return yield { kind: 'stopped', reason: 'ownership-lost' };
        const end = partition.first + partition.messages.length;
        if (next > end) return yield { kind: 'stopped', reason: 'position-invalid' };
        const at = Math.max(next, partition.first) - partition.first;
        const messages = partition.messages.slice(at, at + maxBatchSize);
        const newest = messages.at(-1);
        if (newest !== undefined) {
          next = newest.sequenceNumber + 1;
          yield { kind: 'batch', messages };
          continue;
        }
      }
      await clock.sleep(idleMs, waiting);
      if (!waiting.aborted && partition !== undefined && failure === undefined)
        yield { kind: 'idle', lastEnqueued: lastEnqueued(partition) };
    }
  }

  return {
    source: () => {
      const closed = new AbortController();
      return {
        describe: () => Promise.resolve(failure ?? { ok: true, hub: { namespace, hub, createdAt, partitionIds } }),
        partition: (partitionId) => {
          const partition = properties(partitionId);
          if (failure !== undefined) return Promise.resolve(failure);
          return Promise.resolve(
            partition === undefined
              ? { ok: false, reason: 'not-found', detail: `no partition ${partitionId}` }
              : { ok: true, partition },
          );
        },
        receive: (partitionId, from, signal) => receive(partitionId, from, AbortSignal.any([signal, closed.signal])),
        close: () => {
          closed.abort();
          return Promise.resolve();
        },
      };
    },
    publish: (partitionId, messages) => {
      const partition = partitions.get(partitionId);
      if (partition === undefined) throw new RangeError(`no partition ${partitionId}`);
      const enqueuedAt = clock.now();
      partition.lastEnqueuedAt = enqueuedAt;
      for (const message of messages) {
        const sequenceNumber = partition.first + partition.messages.length;
        partition.messages.push({
          partitionId,
          offset: String(sequenceNumber),
          sequenceNumber,
          enqueuedAt,
          body: Uint8Array.from(message.body),
          contentType: message.contentType,
          messageId: message.messageId,
          partitionKey: undefined,
          properties: message.properties ?? {},
        });
      }
      wake();
      return partition.first + partition.messages.length - 1;
    },
    truncate: (partitionId, beforeSequenceNumber) => {
      const partition = partitions.get(partitionId);
      if (partition === undefined) return;
      const dropped = Math.max(0, Math.min(beforeSequenceNumber - partition.first, partition.messages.length));
      partition.messages.splice(0, dropped);
      partition.first += dropped;
      wake();
    },
    recreate: () => {
      partitions = empty(partitionIds);
      createdAt = Math.max(clock.now(), createdAt + 1);
      wake();
    },
    fail: (kind) => {
      failure = kind;
      wake();
    },
  };
}

function empty(partitionIds: readonly string[]): Map<string, Partition> {
  return new Map(
    partitionIds.map((id) => [id, { first: 0, messages: [], lastEnqueuedAt: undefined, reader: undefined }]),
  );
}

function lastEnqueued(partition: Partition): LastEnqueued | undefined {
  const { first, messages, lastEnqueuedAt: enqueuedAt } = partition;
  return enqueuedAt === undefined ? undefined : { sequenceNumber: first + messages.length - 1, enqueuedAt };
}
