import { type Client, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createFakeGraph, createFakeIdentity } from '#test/workflows/fakes.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createReconcileActivity } from '#workflows/activities/reconcile.ts';
import { desiredBy } from '#workflows/desired.ts';

const clock = { now: () => Date.UTC(2026, 0, 1) };

/** One round of reconciling with an entity that does not answer. */
function round(attempt: number, silence: Error) {
  const log = createMemoryEventLog();
  const { identity } = createFakeIdentity({
    ...{ credential: 'chat', kind: 'delegated', clock, signedIn: true, tokenLifeMs: () => 3_600_000 },
  });
  const graph = createFakeGraph({ clock, longestMs: 86_400_000, quietMs: 600_000 });
  const { reconcileFeed } = createReconcileActivity({
    ...{ log, clock, identity: () => identity, graph: () => graph.graphOf(identity) },
    ...{ recordedBy: { role: 'worker', build: 'test' }, delivery: { notificationUrl: 'EventHub:https://hub.example' } },
    desired: () => desiredBy({ chat: { content: 'basic' } }).subscriptions,
  } as unknown as ActivityDeps);
  const query = () => Promise.reject(silence);
  const client = {
    workflow: { getHandle: () => ({ query }) },
    withAbortSignal: (_: AbortSignal, work: () => Promise<unknown>) => work(),
  } as unknown as Client;
  const done = new MockActivityEnvironment({ attempt }, { client }).run(reconcileFeed, { feed: 'chat' as const });
  return { done, alarms: () => log.stream('subscription-chat').map(({ data }) => data['code']) };
}

describe('an entity that does not answer while it is reconciled', () => {
  const deadWorker = new ServiceError('no worker answers');

  it('has lost its worker as a rule: that is no alarm, and it is asked again', async () => {
    const { done, alarms } = round(1, deadWorker);
    await expect(done).rejects.toBe(deadWorker);
    expect(alarms()).toEqual([]);
  });

  it('is an alarm when it stays silent', async () => {
    const { done, alarms } = round(5, deadWorker);
    expect(await done).toMatchObject({ uncovered: ['chat'] });
    expect(alarms()).toEqual(['not-covered']);
  });

  it('is an alarm at once when it does not run', async () => {
    const { done, alarms } = round(1, new WorkflowNotFoundError('gone', 'subscription/chat', undefined));
    expect(await done).toMatchObject({ uncovered: ['chat'] });
    expect(alarms()).toEqual(['not-covered']);
  });
});
