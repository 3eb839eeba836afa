import type { Metrics } from '#cli/roles/metrics.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import type { Clock } from '#ports/clock.ts';

/** A proof older than this is none. */
const proofMs = 15_000;

/** Nothing is waited for, and each partition was proved to be read of late: a hub that is away says nothing by itself. @param now milliseconds since 1970 UTC */
export function isReading(partitions: readonly PartitionHealth[], now: number): boolean {
  return (
    partitions.every(({ state }) => state !== 'waiting') &&
    ownedOf(partitions).every((health) => proofAge(health, now) <= proofMs)
  );
}

/** Whether a proof of then still counts. One from the future does not: the clock was set back, and for as long as it is behind nobody could tell how old it is. */
export function isFresh(heardAt: number | undefined, now: number): boolean {
  return heardAt !== undefined && Math.abs(now - heardAt) <= proofMs;
}

/** Milliseconds since the last proof that a partition is read, or until it where the clock was set back; since when it was to be read, where there was none. @param now milliseconds since 1970 UTC */
function proofAge({ heardAt, since }: Pick<PartitionHealth, 'heardAt' | 'since'>, now: number): number {
  return Math.abs(now - (heardAt ?? since));
}

/** Those that this process has to read. */
function ownedOf(partitions: readonly PartitionHealth[]): readonly PartitionHealth[] {
  return partitions.filter(({ partition, state }) => partition !== '*' && state !== 'stopped');
}

/**
 * The age of the last proof of each partition that this process has to read, as it is when somebody asks: a hub that is away may keep whoever measures waiting,
 * and then nothing else says so, for what is known of the lag stays as it was.
 */
export function showProofAge(
  { beforeAnswer, ingestProofAge }: Pick<Metrics, 'beforeAnswer' | 'ingestProofAge'>,
  clock: Pick<Clock, 'now'>,
  partitions: () => readonly PartitionHealth[],
): void {
  beforeAnswer(() => {
    ingestProofAge.reset();
    for (const health of ownedOf(partitions()))
      ingestProofAge.set({ partition: health.partition }, proofAge(health, clock.now()) / 1000);
  });
}
