import { Worker } from '@temporalio/worker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { installRuntime } from '#adapters/temporal/worker/runtime.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { obtainTimeSkippingServer } from '../../../tools/temporal/obtain-time-skipping.ts';
import { cacheDir, quietLog, temporalIsRequired } from './start-temporal.ts';
import { fixtureWorkflows } from './start-worker.ts';
import { startTimeSkipping, timeSkippingEnvironment } from './time-skipping.ts';

const server = await obtainTimeSkippingServer({ cacheDir, onlyCached: !temporalIsRequired });

describe.skipIf(!server.ok && !temporalIsRequired)(
  `a server that skips time (${server.ok ? 'here' : server.detail})`,
  () => {
    test('a year of a workflow passes in moments', async () => {
      if (!server.ok) throw new Error(server.detail);
      installRuntime({ log: quietLog });
      const started = await startTimeSkipping(server.executable);
      onTestFinished(() => started.stop());
      const env = await timeSkippingEnvironment(started.address);
      const { codePath } = await obtainBundle({ workflowsPath: fixtureWorkflows, env: process.env, cacheDir });
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'test',
        workflowBundle: { codePath },
      });
      const year = 365 * 24 * 3_600_000;
      const before = await env.currentTimeMs();
      await worker.runUntil(async () => {
        const handle = await env.client.workflow.start('wait', {
          workflowId: 'year',
          taskQueue: 'test',
          args: [year, 'done'],
        });
        await env.sleep(year - 60_000);
        expect((await handle.describe()).status.name).toBe('RUNNING');
        await env.sleep(120_000);
        await eventually('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      });
      expect((await env.currentTimeMs()) - before).toBeGreaterThan(year);
      await env.teardown();
    });
  },
);

test('without Java or Maven it is not to be had, and what is missing is said', async () => {
  const folder = temporaryFolder();
  const without = async (missing: { java?: string; maven?: string }) => {
    const result = await obtainTimeSkippingServer({ cacheDir: folder, ...missing });
    return result.ok ? result : result.detail;
  };
  expect(await without({ java: '/nowhere/java' })).toContain('Java is needed');
  expect(await without({ java: '/bin/true', maven: '/nowhere/mvn' })).toContain('Maven is needed');
});
