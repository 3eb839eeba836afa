import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { checkSearchAttributes, registerSearchAttributes } from '#adapters/temporal/search-attributes.ts';
import { currentBuild, makeCurrent } from '#adapters/temporal/worker/deployment.ts';
import type { Clock } from '#ports/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { describeTemporal, startTemporal, type TestTemporal } from './start-temporal.ts';
import { connect, fixtureWorkflows, startWorker } from './start-worker.ts';

const activities = { remember: async (text: string) => `remembered ${text}` };

describeTemporal('a worker', () => {
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.stop());

  test('registers search attributes, makes its build current, works, and ends when told', async () => {
    const connection = connect(temporal.address);
    expect(await checkSearchAttributes(connection)).toMatchObject({ ok: false, wrong: [] });
    const worker = startWorker(temporal.address, { activities });
    await worker.untilRunning();
    expect(await checkSearchAttributes(connection)).toEqual({ ok: true });
    const options = { workflowId: 'greeting', taskQueue: 'test', args: ['you'] };
    expect(await connection.client.workflow.execute('greet', options)).toBe('remembered you');
    await worker.stop();
    expect(worker.states.map(({ state }) => state)).toEqual(['running', 'stopped']);
    expect(worker.states[0]?.detail).toMatch(/^build [0-9a-f]{12} is current$/);
  });

  test('registers nothing twice, and says which search attributes have another type', async () => {
    const connection = connect(temporal.address);
    const wanted = { TestOne: 'Keyword', TestTwo: 'Datetime' } as const;
    const both = await Promise.all([1, 2].map(() => registerSearchAttributes(connection, wanted)));
    expect(both.every(({ ok }) => ok)).toBe(true);
    expect(await registerSearchAttributes(connection, wanted)).toEqual({ ok: true, registered: [] });
    const other = { TestOne: 'Int', TestThree: 'Keyword' } as const;
    expect(await checkSearchAttributes(connection, other)).toEqual({
      ok: false,
      missing: ['TestThree'],
      wrong: ['TestOne'],
    });
    expect(await registerSearchAttributes(connection, other)).toMatchObject({ ok: false });
  });

  test('gives way to a build that came later, also when it comes back', async () => {
    const connection = connect(temporal.address);
    const named = (buildId: string) => ({ taskQueue: 'builds', activities, deployment: { name: 'builds', buildId } });
    const first = startWorker(temporal.address, named('one'));
    await first.untilRunning();
    const second = startWorker(temporal.address, named('two'));
    await second.untilRunning();
    await eventually('told', () => first.host.state().detail === 'build two took over from build one');
    expect(await currentBuild(connection, { name: 'builds', buildId: 'two' })).toEqual({ current: 'ours' });
    expect(first.host.state().state).toBe('running');
  });

  test('takes the place of a build that came later and that nobody runs any more', async () => {
    const connection = connect(temporal.address);
    let passedMs = 0;
    const clock: Clock = {
      ...systemClock,
      monotonic: () => systemClock.monotonic() + passedMs,
      sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 500), signal),
    };
    const named = (buildId: string) => ({ taskQueue: 'gone', activities, deployment: { name: 'gone', buildId } });
    const first = startWorker(temporal.address, { ...named('one'), clock });
    await first.untilRunning();
    const second = startWorker(temporal.address, named('two'));
    await second.untilRunning();
    await eventually('told', () => first.host.state().detail === 'build two took over from build one');
    await second.stop();
    const { workflow } = connection.client;
    const handle = await workflow.start('greet', { workflowId: 'stranded', taskQueue: 'gone', args: ['you'] });
    const tookOver = () => {
      passedMs += 1_000;
      return first.host.state().detail === 'build one is current';
    };
    await eventually('it took over', tookOver, 60_000);
    expect(await handle.result()).toBe('remembered you');
    expect(await currentBuild(connection, { name: 'gone', buildId: 'one' })).toEqual({ current: 'ours' });
    expect(first.states).toContainEqual({
      state: 'stalled',
      detail: 'build two is current, and nobody runs it: nothing is done until build one takes its place',
    });
  });

  test('does not replace a build that became current after it looked', async () => {
    const connection = connect(temporal.address);
    const named = (buildId: string) => ({ taskQueue: 'raced', activities, deployment: { name: 'raced', buildId } });
    await startWorker(temporal.address, named('one')).untilRunning();
    await startWorker(temporal.address, named('two')).untilRunning();
    const seen = await currentBuild(connection, { name: 'raced', buildId: 'one' });
    if (seen.current !== 'other') throw new Error('the second is not current');
    await startWorker(temporal.address, named('three')).untilRunning();
    expect(await makeCurrent(connection, { name: 'raced', buildId: 'one' }, 'test', seen.token)).toBe(false);
    expect(await currentBuild(connection, { name: 'raced', buildId: 'one' })).toMatchObject({ buildId: 'three' });
  });

  test('tries again until its workflows can be bundled', async () => {
    const worker = startWorker(temporal.address, {
      workflows: { path: `${fixtureWorkflows}.missing` },
      cacheDir: temporaryFolder(),
    });
    const state = await eventually('a reason', () => worker.states.find(({ detail }) => detail.includes('missing')));
    expect(state.state).toBe('connecting');
    await worker.stop();
    expect(worker.host.state().state).toBe('stopped');
  });
});

describeTemporal('a worker whose server goes away', () => {
  test('begins before its server, outlives its absence, and goes on with what was running', async () => {
    const stateDir = temporaryFolder();
    const first = await startTemporal({ stateDir });
    await first.stop();
    // Nothing answers at its address now.
    const worker = startWorker(first.address, { activities });
    await eventually('connecting', () => worker.states.some(({ state }) => state === 'connecting'));

    const second = await startTemporal({ stateDir });
    expect(second.address).toBe(first.address);
    await worker.untilRunning();
    const connection = connect(first.address);
    const { workflow } = connection.client;
    const handle = await workflow.start('wait', { workflowId: 'waits', taskQueue: 'test', args: [5_000, 'done'] });
    await second.stop();
    const away = performance.now();
    await eventually('it noticed', () => worker.host.state().detail.startsWith('Temporal does not answer'));
    expect(worker.host.state().state).toBe('connecting');
    await eventually('ten seconds have passed', () => performance.now() - away > 10_000);

    const third = await startTemporal({ stateDir });
    try {
      await worker.untilRunning();
      expect(await handle.result()).toBe('done');
      await worker.stop();
    } finally {
      await third.stop();
    }
  });
});
