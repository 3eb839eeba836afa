import type { ResolveHealth } from '#processor/resolve/resolve.ts';
import type { HealthRow } from '#web/health-report.ts';

const refusedNext =
  'Grant the chat feed what `tocsin doctor` says is missing. They are asked for again for a day; what Graph still refuses then is raised as an unverified emergency.';

/** How resolve is, for operators. */
export function resolveRow(health: ResolveHealth): HealthRow {
  const { pending, waiting, givenUp, state, waitingFor, delayed, backFill } = health;
  const { refused } = backFill;
  const away =
    waitingFor ??
    backFill.waitingFor ??
    (refused === undefined ? undefined : `Graph refuses ${refused.chats} chats of a gap: ${refused.detail}`);
  const todo = [
    ...(pending > 0 ? [`${pending} large notices to fetch`] : []),
    ...(waiting > 0 ? [`${waiting} messages to fetch from Graph`] : []),
    ...(backFill.gaps > 0 ? [`${backFill.gaps} gaps to fill`] : []),
  ].join(', ');
  const idle = state === 'standby' ? 'stands by: another process fetches' : 'nothing to fetch';
  return {
    kind: 'role',
    name: 'resolve',
    state: delayed !== undefined ? 'trouble' : away !== undefined ? 'warning' : 'ok',
    word: away === undefined ? todo || idle : `${away}${todo === '' ? '' : ` (${todo})`}`,
    ...(delayed === undefined ? {} : { since: delayed.since }),
    figures: { fetched: String(health.counts.published), 'given up': String(givenUp) },
    ...(delayed === undefined
      ? refused === undefined
        ? {}
        : { next: refusedNext }
      : { next: 'One unverified emergency stands for all that wait. See the credential and subscription rows.' }),
  };
}
