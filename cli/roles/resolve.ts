import type { RunContext } from '#cli/roles/context.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import type { HealthRow } from '#web/health-report.ts';

export interface RunningResolve {
  readonly row: () => HealthRow;
  readonly ended: Promise<void>;
}

export async function startResolve(
  _context: RunContext,
  _shared: Shared,
  _hub: EventHubsSetting,
  _signal: AbortSignal,
): Promise<RunningResolve> {
  return {
    row: () => ({ kind: 'role', name: 'resolve', state: 'ok', word: 'nothing to fetch' }),
    ended: Promise.resolve(),
  };
}
