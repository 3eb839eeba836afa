import { afterAll, beforeAll, expect, test } from 'vitest';
import { searchAttributeKeys, searchAttributeTypes } from '#adapters/temporal/search-attributes.ts';
import { createWorkflowVisibility } from '#adapters/temporal/visibility.ts';
import type { WorkflowSchedule } from '#ports/workflow-visibility.ts';
import { eventually } from '#test/support/eventually.ts';
import { createFakeVisibility } from './fake-visibility.ts';
import { describeTemporal, startTemporal, type TestTemporal } from './start-temporal.ts';
import { connect } from './start-worker.ts';

const schedule: WorkflowSchedule = {
  id: 'sweep',
  everyMs: 1_000,
  workflow: { type: 'greet', workflowId: 'sweep', taskQueue: 'nobody', args: ['a'] },
};

describeTemporal('what Temporal knows about all entities', () => {
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTemporal({ searchAttributes: searchAttributeTypes });
  });
  afterAll(() => temporal.stop());

  test('entities are found by kind, state, feed and policy, whatever a policy is called', async () => {
    const connection = connect(temporal.address);
    const visibility = createWorkflowVisibility(connection);
    const expiresAt = new Date('2030-01-02T03:04:05Z');
    const begin = async (workflowId: string, state: string, policy: string) =>
      await connection.client.workflow.start('anything', {
        workflowId,
        taskQueue: 'nobody',
        typedSearchAttributes: [
          { key: searchAttributeKeys.kind, value: 'subscription' },
          { key: searchAttributeKeys.state, value: state },
          { key: searchAttributeKeys.feed, value: 'events' },
          { key: searchAttributeKeys.policy, value: policy },
          { key: searchAttributeKeys.expiresAt, value: expiresAt },
        ],
      });
    const hostile = `O'Hara "HQ" \\ 1`;
    await begin('one', 'healthy', 'global');
    await begin('two', 'in-trouble', hostile);
    await (await begin('gone', 'in-trouble', 'global')).terminate();

    const idsOf = async (filter: Parameters<typeof visibility.list>[0]) => {
      const found = await visibility.list(filter, 10);
      return found.ok ? found.entities.map(({ workflowId }) => workflowId).sort() : found;
    };
    await eventually('both', async () => (await visibility.count({ kind: 'subscription' })).ok);
    await eventually('all listed', async () => String(await idsOf({ kind: 'subscription' })) === 'one,two');
    expect(await idsOf({ state: 'in-trouble' })).toEqual(['two']);
    expect(await idsOf({ policy: hostile })).toEqual(['two']);
    expect(await visibility.count({ policy: hostile })).toEqual({ ok: true, count: 1 });
    expect(await idsOf({ feed: 'chat' })).toEqual([]);
    expect(await visibility.count({ feed: 'events' })).toEqual({ ok: true, count: 2 });
    const few = await visibility.list({ kind: 'subscription' }, 1);
    expect(few.ok && few.more && few.entities.length).toBe(1);
    const all = await visibility.list({ state: 'healthy' }, 10);
    expect(all.ok && all.entities[0]).toEqual({
      workflowId: 'one',
      type: 'anything',
      startedAt: expect.any(Number),
      kind: 'subscription',
      state: 'healthy',
      feed: 'events',
      policy: 'global',
      expiresAt: expiresAt.getTime(),
    });
  });

  test('a schedule starts its workflow, is changed only when it differs, and can be removed twice', async () => {
    const connection = connect(temporal.address);
    const visibility = createWorkflowVisibility(connection);
    expect(await visibility.ensureSchedule(schedule)).toEqual({ ok: true, changed: true });
    expect(await visibility.ensureSchedule(schedule)).toEqual({ ok: true, changed: false });
    const started = async () => {
      const { count } = await connection.client.workflow.count('WorkflowType = "greet"');
      return count > 0;
    };
    await eventually('a scheduled run', started);
    const handle = connection.client.schedule.getHandle(schedule.id);
    await handle.pause('by an operator');
    expect(await visibility.ensureSchedule({ ...schedule, everyMs: 60_000 })).toEqual({ ok: true, changed: true });
    const { spec, state } = await handle.describe();
    expect(spec.intervals?.map(({ every }) => every)).toEqual([60_000]);
    expect(state.paused).toBe(true);
    expect(await visibility.removeSchedule(schedule.id)).toEqual({ ok: true, changed: true });
    expect(await visibility.removeSchedule(schedule.id)).toEqual({ ok: true, changed: false });
  });
});

test('without lists and schedules of its own, an engine is told what is due', async () => {
  let now = 0;
  const started: string[] = [];
  const fake = createFakeVisibility({
    entities: () => [{ workflowId: 'one', type: 'x', kind: 'credential', state: 'healthy' }],
    now: () => now,
    start: async ({ workflowId }) => {
      started.push(workflowId);
    },
  });
  expect(await fake.ensureSchedule(schedule)).toEqual({ ok: true, changed: true });
  expect(await fake.ensureSchedule(schedule)).toEqual({ ok: true, changed: false });
  expect(await fake.runDue()).toBe(0);
  now = 3_500;
  expect(await fake.runDue()).toBe(1);
  expect(await fake.runDue()).toBe(0);
  expect(started).toEqual(['sweep-1970-01-01T00:00:03.500Z']);
  expect(await fake.count({ kind: 'credential' })).toEqual({ ok: true, count: 1 });
  expect(await fake.count({ kind: 'subscription' })).toEqual({ ok: true, count: 0 });
  await fake.removeSchedule(schedule.id);
  now = 9_000;
  expect(await fake.runDue()).toBe(0);
});
