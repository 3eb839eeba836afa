import type { PartitionHealth } from '#cli/roles/partition-health.ts';

/** Fields of a line of the log about a partition of which something has waited for long. A test holds their names against what alarms of a stack look for. */
export interface UnreadLine {
  readonly unreadPartition: string;
  /** Age of the oldest message that the hub has and the log has not. */
  readonly unreadSeconds: number;
  readonly unreadMessages: number;
}

export interface UnreadLines {
  /** What has to be said now. @param now milliseconds since 1970 UTC */
  look(partitions: readonly PartitionHealth[], now: number): readonly UnreadLine[];
}

/** What waits for less long is no trouble yet, in milliseconds. */
const longMs = 60_000;
/** Said again this often while it lasts: Azure looks every 5 minutes at the last 15. */
const repeatMs = 4 * 60_000;

/** Says of each partition what waits there, as long as it waits for long. */
export function createUnreadLines(): UnreadLines {
  const saidAt = new Map<string, number>();
  return {
    look(partitions, now) {
      const lines: UnreadLine[] = [];
      for (const { partition, lagMs = 0, lagMessages = 0 } of partitions) {
        if (lagMs < longMs) {
          saidAt.delete(partition);
          continue;
        }
        const said = saidAt.get(partition);
        if (said !== undefined && now - said < repeatMs) continue;
        saidAt.set(partition, now);
        lines.push({
          unreadPartition: partition,
          unreadSeconds: Math.floor(lagMs / 1000),
          unreadMessages: lagMessages,
        });
      }
      return lines;
    },
  };
}
