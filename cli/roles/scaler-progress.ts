import type { PartitionProgress } from '#adapters/event-hubs/blob-progress.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import type { Clock } from '#ports/clock.ts';

export interface ScalerProgressDeps {
  readonly partitions: () => readonly PartitionHealth[];
  readonly write: (progress: PartitionProgress, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** Told once when it begins to fail, and once when it works again. */
  readonly onChange: (works: boolean, detail?: string) => void;
}

/** Milliseconds between two looks: a scaler asks about every quarter of a minute. */
const everyMs = 10_000;

/** Tells a scaler every few seconds how far this process has come, until the signal is aborted. It fails without harm: then more copies run than are needed. */
export async function leaveProgress(deps: ScalerProgressDeps, signal: AbortSignal): Promise<void> {
  const written = new Map<string, number>();
  let works = true;
  const note = (now: boolean, detail?: string) => {
    if (now !== works) deps.onChange(now, detail);
    works = now;
  };
  while (!signal.aborted) {
    await deps.clock.sleep(everyMs, signal);
    for (const { partition, state, appendedTo, appendedOffset } of deps.partitions()) {
      if (signal.aborted) return;
      if (state !== 'reading' || appendedOffset === undefined || written.get(partition) === appendedTo) continue;
      try {
        await deps.write({ partition, sequenceNumber: appendedTo, offset: appendedOffset }, signal);
        written.set(partition, appendedTo);
        note(true);
      } catch (error) {
        if (!signal.aborted) note(false, String(error));
      }
    }
  }
}
