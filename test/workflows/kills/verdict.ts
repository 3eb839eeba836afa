import { expect } from 'vitest';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import { type Entities, patienceMs } from '#test/workflows/kills/entities.ts';
import type { Ground } from '#test/workflows/kills/ground.ts';
import { desiredOf } from '#test/workflows/kills/tenant.ts';
import { resourceOf } from '#workflows/activities/subscription-request.ts';
import {
  credentialView,
  credentialWorkflowId,
  streamOf,
  subscriptionView,
  subscriptionWorkflowId,
} from '#workflows/contract.ts';
import { policySubscriptionId } from '#workflows/desired.ts';

/**
 * All has come right: everybody is signed in, Graph has one subscription for each entity and no other, every decision is on record once, nothing waits for a worker that is
 * dead. @param retired policies that are not wanted any more
 */
export async function expectAllWell(ground: Ground, entities: Entities, retired: readonly string[]): Promise<void> {
  const { client, graph, tenant } = ground;
  const { credentials, subscriptions } = desiredOf(ground.places.wanted);
  const wanted = subscriptions.filter(({ policy }) => policy === undefined || !retired.includes(policy));
  const running = [
    ...wanted.map(({ id }) => ({ workflowId: subscriptionWorkflowId(id), view: subscriptionView })),
    ...credentials.map(({ id }) => ({ workflowId: credentialWorkflowId(id), view: credentialView })),
  ];
  for (const { workflowId, view } of running)
    await entities.until(`${workflowId} is well and has nothing to do`, async () => {
      const handle = client.workflow.getHandle(workflowId);
      const seen = await handle.query<{ readonly state: string }, []>(view.name).catch(() => undefined);
      const { pendingActivities } = (await handle.describe()).raw;
      return seen?.state === 'ok' && (pendingActivities ?? []).length === 0;
    });
  for (const { id } of credentials)
    expect(await tenant.identity(id).state()).toMatchObject({ ok: true, signedIn: true });

  const chat = await tenant.identity('chat').state();
  const resources = wanted.map((spec) => resourceOf(spec, chat.ok ? chat.userId : undefined));
  expect(
    graph
      .subscriptions()
      .map(({ resource }) => resource)
      .sort(),
  ).toEqual(resources.sort());
  expect(graph.stats()).toMatchObject({ tenMinuteViolations: 0 });
  const states = await tenant.secrets.names('subscription/');
  expect(states).toEqual({ ok: true, names: wanted.map(({ id }) => `subscription/${id}/client-state`).sort() });

  for (const { id } of subscriptions) await expectToldAsDone(ground, subscriptionWorkflowId(id));
  for (const { id } of subscriptions) await expectRecordedOnce(ground, subscriptionWorkflowId(id));
  for (const { id } of credentials) await expectRecordedOnce(ground, credentialWorkflowId(id));
  for (const policy of ground.places.wanted.policies) expectSameStory(ground, policy);
}

/** As many renewals are on record as were heard of. */
async function expectToldAsDone({ client, stream }: Ground, workflowId: string): Promise<void> {
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  const touches = new Set(
    (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: scheduled }) =>
      /^(renew|reauthorise)/.test(scheduled?.activityType?.name ?? '') ? [String(eventId)] : [],
    ),
  );
  const done = (events ?? []).filter(
    ({ activityTaskCompletedEventAttributes: completed }) =>
      touches.has(String(completed?.scheduledEventId)) &&
      Buffer.from(completed?.result?.payloads?.[0]?.data ?? []).includes('"ok":true'),
  );
  const told = stream(streamOf(workflowId)).filter(({ type }) => type === 'SubscriptionRenewed');
  expect({ workflowId, renewals: told.length }).toEqual({ workflowId, renewals: done.length });
}

/** Each decision of a run has the number after the one before of its type. */
async function expectRecordedOnce({ client, stream }: Ground, workflowId: string): Promise<void> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const name = streamOf(workflowId);
  const counts = new Map<string, number>();
  // What a reconciliation says of it is the reconciliation's own: that it lives, or that for a while nobody could tell.
  const own = stream(name).filter(
    ({ type, data }) => type !== 'SubscriptionConfirmed' && data['code'] !== 'not-covered',
  );
  const due = own.map(({ type }) => {
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return `${type} ${uuid5(namespace, `decision|${name}|by type ${runId}|${count}|${type}`)}`;
  });
  expect({ workflowId, told: own.map(({ id, type }) => `${type} ${id}`) }).toEqual({ workflowId, told: due });
}

/** What Graph did for a policy is what is on record of it: nothing was made, adopted or deleted that nobody knows of, and nothing is told twice. */
function expectSameStory({ events, stream }: Ground, policy: string): void {
  const of = (kind: string) =>
    events.flatMap((event) =>
      event.kind === kind && 'subscription' in event && event.subscription.resource.includes(`'${policy}'`)
        ? [event.subscription.id]
        : [],
    );
  const told = stream(streamOf(subscriptionWorkflowId(policySubscriptionId(policy))));
  const ids = (...types: readonly string[]) =>
    told.filter(({ type }) => types.includes(type)).map(({ data }) => String(data['graphId']));
  expect({ policy, made: ids('SubscriptionCreated', 'SubscriptionAdopted') }).toEqual({ policy, made: of('created') });
  expect({ policy, deleted: ids('SubscriptionRemoved') }).toEqual({ policy, deleted: of('deleted') });
}

/** Waits are as long as for the rest: many workers die one after the other. */
export const testTimeoutMs = 2 * patienceMs;
