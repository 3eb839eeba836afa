import { Context } from '@temporalio/activity';
import { createCredentialActivities } from '#workflows/activities/credentials.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createPageActivity } from '#workflows/activities/page.ts';
import { createReconcileActivity } from '#workflows/activities/reconcile.ts';
import { createRecordActivity } from '#workflows/activities/record.ts';
import { createSubscriptionActivities } from '#workflows/activities/subscriptions.ts';
import type { Activities } from '#workflows/definitions/activities.ts';

/** Heartbeats are sent this often: a worker that died is noticed, and one that lives hears of a cancellation. */
const beatMs = 1_000;

/** All activities, for the worker. */
export function createActivities(deps: ActivityDeps): Activities {
  const plain: Activities = {
    ...createRecordActivity(deps),
    ...createCredentialActivities(deps),
    ...createSubscriptionActivities(deps),
    ...createPageActivity(deps),
    ...createReconcileActivity(deps),
  };
  return Object.fromEntries(
    Object.entries(plain).map(([name, activity]) => [name, beating(activity as (input: never) => Promise<unknown>)]),
  ) as unknown as Activities;
}

function beating(activity: (input: never) => Promise<unknown>): (input: never) => Promise<unknown> {
  return async (input) => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), beatMs);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
}
