import { createActivities } from '#workflows/activities/create-activities.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';

/** Where a worker dies: `before createSubscription`, or after all of it was done and before anybody heard of that. */
export type KillPoint = `${'before' | 'after'} ${string}`;

/** Where a worker is to die, and of what the call has to speak for that; absent: of anything. */
export type Armed = Readonly<Record<KillPoint, { readonly when?: string }>>;

/** Of `record`, which workflows call within their own step as well. */
const localSteps = ['record in a step'];

/** Both sides of every step that a worker can take: of the activities that it really has, so that a new one is not forgotten. */
export function everyKillPoint(): readonly KillPoint[] {
  // Made for their names: none is called.
  const names = Object.keys(createActivities({} as ActivityDeps));
  return [...names, ...localSteps].flatMap((step): readonly KillPoint[] => [`before ${step}`, `after ${step}`]);
}
