import type { PartitionLog } from './log/partition-log.ts';
import { createReaders, type Readers } from './nodes/readers.ts';

/** One event hub. */
export interface Hub {
  /** As it was named when it was made. */
  readonly name: string;
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly partitions: readonly PartitionLog[];
  readonly readers: Readers;
  hasGroup(name: string): boolean;
  partition(id: string): PartitionLog | undefined;
  /** The partition for the next events that name none. */
  nextPartition(): PartitionLog;
}

/** @param groups consumer groups besides `$Default` */
export function createHub(
  name: string,
  createdAt: number,
  partitions: readonly PartitionLog[],
  groups: readonly string[],
): Hub {
  const known = new Set(['$default', ...groups.map((group) => group.toLowerCase())]);
  let turn = 0;
  return {
    name,
    createdAt,
    partitions,
    readers: createReaders(),
    hasGroup: (group) => known.has(group.toLowerCase()),
    partition: (id) => partitions.find((partition) => partition.id === id),
    nextPartition: () => {
      const partition = partitions[turn++ % partitions.length];
      if (partition === undefined) throw new Error(`the hub ${name} has no partitions`);
      return partition;
    },
  };
}
