import type { RunContext } from '#cli/roles/context.ts';

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * Runs a role until the signal is aborted. What it did not expect ends it: then it is said and counted (`role-failed`), and the role begins anew, after pauses that
 * grow, for a process that lives on without it would look well and raise nothing.
 * @param run makes the role from nothing each time, as what failed may have left anything half done
 */
export async function runAnew(
  { clock, ids, log, metrics }: Pick<RunContext, 'clock' | 'ids' | 'log' | 'metrics'>,
  role: string,
  signal: AbortSignal,
  run: () => Promise<void>,
): Promise<void> {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    try {
      return await run();
    } catch (error) {
      metrics.errors.inc({ code: 'role-failed' });
      log.error({ role, err: error }, 'a role ended by itself and begins anew');
      await clock.sleep(pauseMs * (0.5 + ids.fraction() / 2), signal);
    }
  }
}
