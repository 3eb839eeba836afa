import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createDataConverter } from '#adapters/temporal/codec/payload-codec.ts';
import { createConnection } from '#adapters/temporal/connection.ts';
import { runWorker, type WorkerHostOptions, type WorkerState } from '#adapters/temporal/worker-host.ts';
import { eventually } from '#test/support/eventually.ts';
import { cacheDir, quietLog } from './start-temporal.ts';

export const fixtureWorkflows = fileURLToPath(new URL('fixtures/workflows.ts', import.meta.url));

/** A client that is closed after the test. */
export function connect(address: string, codec?: WorkerHostOptions['codec']) {
  const connection = createConnection({
    target: { address, namespace: 'tocsin' },
    clock: systemClock,
    ...(codec && { dataConverter: createDataConverter(codec) }),
  });
  onTestFinished(() => connection.close());
  return connection;
}

/** A worker on the fixture's workflows; ended after the test. */
export function startWorker(address: string, more: Partial<WorkerHostOptions> = {}) {
  const ending = new AbortController();
  const states: WorkerState[] = [];
  const host = runWorker({
    env: process.env,
    target: { address, namespace: 'tocsin' },
    taskQueue: 'test',
    workflows: { path: fixtureWorkflows },
    activities: {},
    deployment: { name: 'tocsin' },
    cacheDir,
    clock: systemClock,
    log: quietLog,
    signal: ending.signal,
    onState: (state) => states.push(state),
    ...more,
  });
  const stop = async () => {
    ending.abort();
    await host.done;
  };
  onTestFinished(stop);
  return {
    host,
    states,
    stop,
    untilRunning: () => eventually('a running worker', () => host.state().state === 'running', 60_000),
  };
}
