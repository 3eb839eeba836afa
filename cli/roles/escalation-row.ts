import type { HealthRow } from '#web/health-report.ts';
import type { LogFollowerHealth } from '#workflows/log-follower.ts';

/**
 * Whether people are paged, for operators.
 * @param paged whether there is a channel to page over
 * @param failing why nobody took the last page
 */
export function escalationRow(
  { caughtUp, open, waitingFor }: LogFollowerHealth,
  paged: boolean,
  failing: string | undefined,
): HealthRow {
  const row = { kind: 'channel', name: 'escalation', figures: { 'not acted on': String(open) } } as const;
  if (failing !== undefined)
    return {
      ...{ ...row, state: open > 0 ? 'trouble' : 'warning', word: `the last page did not arrive: ${failing}` },
      next: 'See why the receiver that TOCSIN_WEBHOOK_URL names did not take it; a test call shows whether it does now.',
    };
  if (waitingFor !== undefined) return { ...row, state: 'warning', word: waitingFor };
  if (!paged)
    return {
      ...{ ...row, state: 'warning', word: 'nobody is paged beyond the desk' },
      next: 'Set TOCSIN_WEBHOOK_URL and TOCSIN_WEBHOOK_SECRET.',
    };
  if (!caughtUp) return { ...row, state: 'warning', word: 'catching up' };
  return { ...row, state: 'ok', word: 'pages until somebody acts' };
}
