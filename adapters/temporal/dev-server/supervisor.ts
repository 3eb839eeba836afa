import { join } from 'node:path';
import type { FoundProgram } from '#adapters/programs/found.ts';
import { tryLock } from '#adapters/programs/lock.ts';
import type { Clock } from '#ports/clock.ts';
import { delayBefore } from '../backoff.ts';
import { messageOf, type TemporalLog } from '../log.ts';
import { isServing } from './health.ts';
import { freePort } from './ports.ts';
import { startOf } from './process-table.ts';
import { endLeftOver, readRecord, retire, type ServerRecord, writeRecord } from './record.ts';
import { startServer } from './server-process.ts';

export interface RunningServer {
  /** host:port of gRPC. */
  readonly address: string;
  readonly namespace: string;
  /** Address of the UI. */
  readonly ui: string;
  readonly version: string;
  /** `false`: another process on the same folder runs it. */
  readonly ours: boolean;
}

export interface SupervisorDeps {
  readonly program: FoundProgram;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly namespace: string;
  readonly ports: { readonly grpc: number; readonly ui: number };
  readonly codecEndpoint?: string;
  readonly searchAttributes: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: TemporalLog;
  readonly onRunning: (server: RunningServer) => void;
  readonly onDown: (detail: string) => void;
  /** It did not come up several times in a row. */
  readonly onFailing: (detail: string) => void;
}

/** Measured: 0.1 to 0.4 s; a busy machine with a large database takes longer. */
const readyMs = 60_000;
const askMs = 2_000;
const backoff = { first: 200, most: 10_000 };
/** Starts that fail in a row before somebody is told. */
const tellAfter = 3;
/** A server that ran this long was well: what killed it is news. */
const wellMs = 60_000;

/** Keeps one server running per folder, among all processes: whoever holds the lock runs it, the others use it and wait for the lock. */
export function createSupervisor(deps: SupervisorDeps): { run(signal: AbortSignal): Promise<void> } {
  const { folder, namespace, program, clock, log, onRunning, onDown, onFailing } = deps;
  const lockFile = join(folder, 'server.lock');
  const recordFile = join(folder, 'server.json');
  /** Kept over restarts, so that clients and browsers find it again. */
  const ports = { grpc: deps.ports.grpc, ui: deps.ports.ui };

  const own = async (signal: AbortSignal) => {
    const before = readRecord(recordFile);
    if (before !== undefined) await endLeftOver(before, clock, log);
    for (let failures = 0; !signal.aborted; ) {
      await choosePorts(before, failures);
      const since = clock.monotonic();
      const outcome = await runOnce(signal);
      if (signal.aborted) break;
      failures = outcome.served && clock.monotonic() - since > wellMs ? 1 : failures + 1;
      log.warn({ said: outcome.said }, 'the Temporal dev server ended; starting it again');
      onDown(`the Temporal dev server ended: ${outcome.said}`);
      if (failures >= tellAfter && !outcome.served) onFailing(outcome.said);
      await clock.sleep(delayBefore(failures, backoff), signal);
    }
  };

  const choosePorts = async (before: ServerRecord | undefined, failures: number) => {
    // A port may have been taken between two runs: then it is left, and only then. Those that were asked for by number stay.
    const again = failures > 0 && failures % 2 === 0;
    const last = { grpc: portOf(before?.address), ui: portOf(before?.ui) };
    for (const which of ['grpc', 'ui'] as const) {
      if (deps.ports[which] === 0 && (ports[which] === 0 || again))
        ports[which] = await freePort(ports[which] === 0 ? last[which] : ports[which]);
    }
  };

  const runOnce = async (signal: AbortSignal): Promise<{ readonly served: boolean; readonly said: string }> => {
    const server = startServer(
      {
        ...deps,
        executable: program.executable,
        database: join(folder, 'temporal.db'),
        port: ports.grpc,
        uiPort: ports.ui,
      },
      log,
    );
    const address = `127.0.0.1:${ports.grpc}`;
    const ui = `http://127.0.0.1:${ports.ui}`;
    const end = new AbortController();
    const ended = server.ended.then((said) => {
      end.abort();
      return said || 'it said nothing';
    });
    const stop = () => void server.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const pid = await server.pid;
      const started = pid === undefined ? undefined : startOf(pid);
      if (pid === undefined || started === undefined) return { served: false, said: await ended };
      const record = { address, ui, namespace, version: program.version, pid, started };
      writeRecord(recordFile, { ...record, ready: false });
      if (!(await untilServing(address, end.signal))) {
        await server.stop();
        return { served: false, said: await ended };
      }
      writeRecord(recordFile, { ...record, ready: true });
      log.info({ address, ui }, 'the Temporal dev server runs');
      onRunning({ address, namespace, ui, version: program.version, ours: true });
      return { served: true, said: await ended };
    } finally {
      await server.stop();
      retire(recordFile);
      signal.removeEventListener('abort', stop);
    }
  };

  const untilServing = async (address: string, signal: AbortSignal): Promise<boolean> => {
    const until = clock.monotonic() + readyMs;
    while (!signal.aborted && clock.monotonic() < until) {
      if (await isServing(address, askMs)) return true;
      await clock.sleep(50, signal);
    }
    return false;
  };

  /** Uses what another process runs until its lock is free. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    const record = readRecord(recordFile);
    if (record?.ready === true && (await isServing(record.address, askMs))) {
      if (record.namespace !== namespace)
        log.warn(
          { namespace: record.namespace },
          'another process runs the Temporal dev server with another namespace',
        );
      const { address, ui, version } = record;
      onRunning({ address, namespace: record.namespace, ui, version, ours: false });
      return await waitWhileHeld(signal);
    }
    await clock.sleep(100, signal);
  };

  const waitWhileHeld = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(500, signal);
      const lock = tryLock(lockFile);
      lock?.release();
      if (lock !== undefined) return onDown('the process that ran the Temporal dev server is gone');
    }
  };

  return {
    async run(signal) {
      for (let failures = 1; !signal.aborted; ) {
        try {
          const lock = tryLock(lockFile);
          if (lock === undefined) {
            await follow(signal);
            continue;
          }
          try {
            await own(signal);
          } finally {
            lock.release();
          }
        } catch (error) {
          // The folder is full, read-only or gone.
          onDown(messageOf(error));
          if (failures >= tellAfter) onFailing(messageOf(error));
          await clock.sleep(delayBefore(failures, backoff), signal);
          failures += 1;
        }
      }
    },
  };
}

function portOf(address: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(address ?? '')?.[1];
  return port === undefined ? undefined : Number(port);
}
