import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createConnection } from '#adapters/temporal/connection.ts';
import { createDevServer, type DevServerOptions } from '#adapters/temporal/dev-server/dev-server.ts';
import { isServing } from '#adapters/temporal/dev-server/health.ts';
import { startOf } from '#adapters/temporal/dev-server/process-table.ts';
import { readRecord, type ServerRecord } from '#adapters/temporal/dev-server/record.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { cacheDir, describeTemporal, quietLog } from './start-temporal.ts';

const recordOf = (stateDir: string) => readRecord(join(stateDir, 'temporal/server.json'));

function devServer(stateDir: string, more: Partial<DevServerOptions> = {}) {
  const server = createDevServer({
    cacheDir,
    env: process.env,
    stateDir,
    namespace: 'tocsin',
    ports: { grpc: 0, ui: 0 },
    searchAttributes: { TocsinState: 'Keyword' },
    clock: systemClock,
    log: quietLog,
    onProgress() {},
    ...more,
  });
  onTestFinished(() => server.stop());
  return server;
}

async function serving(stateDir: string, more: Partial<DevServerOptions> = {}) {
  const server = devServer(stateDir, more);
  const result = await server.start();
  if (!result.ok) throw new Error(JSON.stringify(result));
  return { server, result };
}

function clientOf(address: string) {
  const connection = createConnection({ target: { address, namespace: 'tocsin' }, clock: systemClock });
  onTestFinished(() => connection.close());
  return connection;
}

const begin = (address: string, workflowId: string) =>
  clientOf(address).client.workflow.start('anything', { workflowId, taskQueue: 'nobody' });

async function isRunning(address: string, workflowId: string): Promise<boolean> {
  const { status } = await clientOf(address).client.workflow.getHandle(workflowId).describe();
  return status.name === 'RUNNING';
}

const hostProgram = fileURLToPath(new URL('fixtures/dev-server-host.ts', import.meta.url));

/** A process of its own that runs the dev server of a folder until it is killed. */
function startHost(stateDir: string): ChildProcess {
  const host = spawn(process.execPath, [hostProgram, cacheDir, stateDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_'))),
  });
  onTestFinished(() => void host.kill('SIGKILL'));
  return host;
}

const readyRecord = (stateDir: string, but?: ServerRecord) =>
  eventually('a server of another process', () => {
    const record = recordOf(stateDir);
    return record?.ready === true && record.pid !== but?.pid && record;
  });

const isGone = ({ pid, started }: ServerRecord) => startOf(pid) !== started;

describeTemporal('the dev server', () => {
  test('serves gRPC and its UI, and keeps workflows and ports over a stop', async () => {
    const stateDir = temporaryFolder();
    const first = await serving(stateDir);
    expect(first.result).toMatchObject({ namespace: 'tocsin', ours: true });
    expect(first.server.state().state).toBe('running');
    const page = await fetch(first.result.ui);
    expect(page.status).toBe(200);
    await begin(first.result.address, 'kept');
    const record = recordOf(stateDir);
    await first.server.stop();
    expect(first.server.state()).toEqual({ state: 'stopped' });
    expect(record && isGone(record)).toBe(true);
    expect(await isServing(first.result.address, 500)).toBe(false);

    const second = await serving(stateDir);
    expect(second.result.address).toBe(first.result.address);
    expect(second.result.ui).toBe(first.result.ui);
    expect(await isRunning(second.result.address, 'kept')).toBe(true);
  });

  test('is started again where it was when it was killed, with its workflows', async () => {
    const stateDir = temporaryFolder();
    const states: string[] = [];
    const { result } = await serving(stateDir, { onState: ({ state }) => states.push(state) });
    await begin(result.address, 'kept');
    const before = recordOf(stateDir);
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await readyRecord(stateDir, before);
    expect(recordOf(stateDir)?.address).toBe(result.address);
    expect(await isRunning(result.address, 'kept')).toBe(true);
    await eventually('running again', () => states.at(-1) === 'running');
    expect(states).toEqual(['obtaining', 'starting', 'running', 'restarting', 'running']);
  });

  test('stays where it was however often it is killed', async () => {
    const stateDir = temporaryFolder();
    const { server, result } = await serving(stateDir);
    for (const _ of [1, 2, 3]) {
      const before = recordOf(stateDir);
      process.kill(before?.pid ?? 0, 'SIGKILL');
      await readyRecord(stateDir, before);
      expect(recordOf(stateDir)).toMatchObject({ address: result.address, ui: result.ui });
    }
    expect(await eventually('running again', () => server.state().state === 'running')).toBe(true);
  });

  test('does not outlive a process that was killed', async () => {
    const stateDir = temporaryFolder();
    const host = startHost(stateDir);
    const record = await readyRecord(stateDir);
    host.kill('SIGKILL');
    await eventually('the server is gone', () => isGone(record));
  });

  test('is ended by the next start when its guard was killed with its process', async () => {
    const stateDir = temporaryFolder();
    const host = startHost(stateDir);
    const record = await readyRecord(stateDir);
    await begin(record.address, 'kept');
    // The guard is the server's parent; without it nobody stops the server.
    const guard = parentOf(record.pid);
    host.kill('SIGSTOP');
    process.kill(guard, 'SIGKILL');
    host.kill('SIGKILL');
    await eventually('the process is gone', () => host.exitCode !== null || host.signalCode !== null);
    expect(isGone(record)).toBe(false);

    const { result } = await serving(stateDir);
    expect(isGone(record)).toBe(true);
    expect(result.ours).toBe(true);
    expect(await isRunning(result.address, 'kept')).toBe(true);
  });

  test('is one for all processes on a folder, and goes on in another one when the first is gone', async () => {
    const stateDir = temporaryFolder();
    const host = startHost(stateDir);
    const record = await readyRecord(stateDir);
    const { server, result } = await serving(stateDir);
    expect(result).toMatchObject({ ours: false, address: record.address, ui: record.ui });
    host.kill('SIGKILL');
    await readyRecord(stateDir, record);
    await eventually('ours', () => {
      const state = server.state();
      return state.state === 'running' && state.ours;
    });
    expect(recordOf(stateDir)?.address).toBe(record.address);
  });

  test('says what a server wrote that does not come up, and goes on trying', async () => {
    const stateDir = temporaryFolder();
    mkdirSync(join(stateDir, 'temporal/temporal.db'), { recursive: true });
    const server = devServer(stateDir);
    const result = await server.start();
    expect(result).toMatchObject({ ok: false, reason: 'fails' });
    expect(result.ok === false && result.reason === 'fails' && result.detail).toMatch(/database|sqlite|directory/i);
    expect(server.state().state).toBe('restarting');
  });
});

function parentOf(pid: number): number {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
