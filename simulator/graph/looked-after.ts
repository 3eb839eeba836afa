import type { GraphStats } from '#simulator/graph/options.ts';

/** Whether somebody made, renewed, reauthorised or ended a subscription, or tried to, since the simulator started: looking keeps none alive. */
export function areLookedAfter({ requests }: Pick<GraphStats, 'requests'>): boolean {
  return Object.keys(requests).some((request) => /^(POST|PATCH|DELETE) subscriptions\b/.test(request));
}
