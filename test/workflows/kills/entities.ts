import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { eventually } from '#test/support/eventually.ts';
import type { Ground } from '#test/workflows/kills/ground.ts';
import { desiredOf } from '#test/workflows/kills/tenant.ts';
import {
  credentialWorkflowId,
  type Feed,
  streamOf,
  subscriptionWorkflowId,
  taskQueue,
  workflowTypes,
} from '#workflows/contract.ts';
import { policySubscriptionId } from '#workflows/desired.ts';

/** Every point takes a worker of its own: all of them need minutes (`npm run test:kills`). */
export const all = process.env['TOCSIN_TEST_KILLS'] === 'all';

/** Longer than all workers need that die one after the other, on a machine that does other things, too. */
export const patienceMs = all ? 300_000 : 90_000;

/** The entities of a ground, and what is on record of them. */
export interface Entities {
  credential(feed: Feed): WorkflowHandle;
  /** Of a policy. */
  subscription(policy: string): WorkflowHandle;
  start(type: string, workflowId: string, input: object): Promise<WorkflowHandle>;
  /** Types of what is on record of an entity, in order. */
  types(workflowId: string): readonly string[];
  until(what: string, ask: () => unknown): Promise<unknown>;
  /** Until an entity has put as many events of a type on record. */
  recorded(handle: WorkflowHandle, type: string | readonly string[], times?: number): Promise<unknown>;
}

/** Starts what is wanted. */
export async function startEntities(ground: Ground): Promise<Entities> {
  const { client } = ground;
  const types = (workflowId: string) => ground.stream(streamOf(workflowId)).map(({ type }) => type);
  const until = (what: string, ask: () => unknown) => eventually(what, async () => Boolean(await ask()), patienceMs);
  const entities: Entities = {
    ...{ types, until },
    credential: (feed) => client.workflow.getHandle(credentialWorkflowId(feed)),
    subscription: (policy) => client.workflow.getHandle(subscriptionWorkflowId(policySubscriptionId(policy))),
    start: (type, workflowId, input) =>
      // A step that is lost with its worker is done again after three seconds.
      client.workflow.start(type, { workflowId, taskQueue, args: [input], workflowTaskTimeout: '3s' }),
    async recorded(handle, type, times = 1) {
      const told = () => types(handle.workflowId);
      await until(
        `${times} ${type}`,
        () => told().filter((each) => [type].flat().includes(each)).length >= times,
      ).catch(async (cause: unknown) => {
        const { raw } = await handle.describe();
        const waits = raw.pendingActivities?.map(({ activityType, attempt }) => `${activityType?.name} ${attempt}`);
        throw new Error(`${handle.workflowId} has ${told().join(', ')}; under way: ${waits?.join(', ')}`, { cause });
      });
    },
  };
  const { subscriptions, credentials } = desiredOf(ground.places.wanted);
  for (const spec of subscriptions)
    await entities.start(workflowTypes.subscription, subscriptionWorkflowId(spec.id), { spec });
  for (const spec of credentials)
    await entities.start(workflowTypes.credential, credentialWorkflowId(spec.id), { spec });
  return entities;
}

/** Gives a command until Temporal takes it, which it does once: it takes none for a workflow whose worker dies all the time. */
export async function command(give: (updateId: string) => Promise<unknown>): Promise<void> {
  const updateId = randomUUID();
  let last: unknown;
  const taken = () =>
    give(updateId).then(
      () => true,
      (error: unknown) => {
        last = error;
        return false;
      },
    );
  await eventually('Temporal takes the command', taken, patienceMs).catch((cause: unknown) => {
    throw new Error(`${String(cause)}: ${String(last)}`, { cause: last });
  });
}
