import type { AmqpCondition } from '../amqp/rhea.ts';
import { stolen, tooManyReaders } from '../conditions.ts';

const readersPerPartition = 5;

/** One consumer link, as the rules of ownership see it. */
export interface Reader {
  /** Owner level; undefined for a link without one. */
  readonly epoch: number | undefined;
  disconnect(reason: AmqpCondition): void;
}

/**
 * Who reads a partition in a consumer group. A reader with an epoch is alone: it disconnects those with the same or a
 * lower epoch or none, and is refused by a higher one. Without epochs there may be five
 * ("Event Hubs features and terminology", event consumers; EventHubConsumerClient's `ownerLevel`).
 */
export interface Readers {
  /** Lets the reader in, disconnecting whom it displaces, or tells why it may not come in. */
  join(group: string, partition: string, reader: Reader): AmqpCondition | undefined;
  leave(group: string, partition: string, reader: Reader): void;
}

export function createReaders(): Readers {
  const all = new Map<string, Set<Reader>>();
  const key = (group: string, partition: string) => `${partition}/${group.toLowerCase()}`;
  return {
    join: (group, partition, reader) => {
      const present = all.get(key(group, partition)) ?? new Set();
      const highest = Math.max(...[...present].map((other) => other.epoch ?? Number.NEGATIVE_INFINITY));
      if (reader.epoch === undefined) {
        if (highest > Number.NEGATIVE_INFINITY) return stolen(undefined);
        if (present.size >= readersPerPartition) return tooManyReaders(readersPerPartition);
      } else {
        if (highest > reader.epoch) return stolen(highest);
        for (const other of [...present]) {
          present.delete(other);
          other.disconnect(stolen(reader.epoch));
        }
      }
      present.add(reader);
      all.set(key(group, partition), present);
      return undefined;
    },
    leave: (group, partition, reader) => {
      all.get(key(group, partition))?.delete(reader);
    },
  };
}
