import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import { isFresh } from '#cli/roles/proof-age.ts';
import type { HealthRow } from '#web/health-report.ts';

/** How a partition of the hub is read. @param now milliseconds since 1970 UTC */
export function partitionRow(health: PartitionHealth, now: number): HealthRow {
  const { partition, state, heardAt, lagMessages, lagMs, detail } = health;
  const late = (lagMs ?? 0) > 10_000;
  const silent = !isFresh(heardAt, now);
  // Whichever it is, the board says that calls may be missed.
  const unwell = state !== 'reading' || silent || late;
  const unheard = detail === undefined ? 'no sign of life' : `no sign of life: ${detail}`;
  const word = state !== 'reading' ? (detail ?? 'not being read') : silent ? unheard : late ? 'behind' : 'read';
  return {
    kind: 'partition',
    name: partition,
    state: unwell ? 'trouble' : 'ok',
    word,
    since: new Date(health.since).toISOString(),
    ...(heardAt === undefined ? {} : { lastProofAt: new Date(heardAt).toISOString() }),
    figures: {
      lag: lagMessages === undefined ? 'unknown' : `${lagMessages} messages`,
      age: lagMs === undefined ? 'unknown' : `${(lagMs / 1000).toFixed(1)} s`,
    },
    ...(unwell ? { next: 'Look at the log of the role ingest, and run `tocsin doctor`.' } : {}),
  };
}
