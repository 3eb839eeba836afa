import type { WorkerState } from '#adapters/temporal/worker-host.ts';
import type { HealthRow } from '#web/health-report.ts';

/** How the worker is, for operators. */
export function workerRow({ state, detail }: WorkerState): HealthRow {
  const row = { kind: 'role', name: 'worker' } as const;
  if (state === 'running') return { ...row, state: 'ok', word: 'works' };
  if (state === 'connecting') return { ...row, state: 'warning', word: detail };
  return {
    ...{ ...row, state: 'trouble', word: detail },
    ...(state === 'stalled' && { next: 'See why the newer build ended; this worker takes its place within a minute.' }),
  };
}
