import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { killGroup } from '#adapters/programs/run-program.ts';
import type { TemporalLog } from '../log.ts';

/** A dev server that runs behind its guard. */
export interface ServerProcess {
  /** Process id of the server itself; undefined when it could not be started. */
  readonly pid: Promise<number | undefined>;
  /** Resolves when server and guard are gone, with the last lines that the server wrote. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly executable: string;
  readonly database: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly uiPort: number;
  readonly codecEndpoint?: string;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

/** Between SIGTERM and SIGKILL; measured: one second. */
const graceMs = 5_000;
/** After this even the guard is not waited for. */
const patienceMs = 8_000;
const keptLines = 5;

function serverArguments(options: ServerOptions): readonly string[] {
  const { database, namespace, port, uiPort, codecEndpoint, searchAttributes } = options;
  return [
    ...[
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--ui-ip',
      '127.0.0.1',
      '--ui-port',
      `${uiPort}`,
    ],
    ...['--namespace', namespace, '--db-filename', database],
    // Without these every transaction waits for the disk: 8 to 43 renewals a second instead of 74 to 113.
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    // Nothing is asked of the internet.
    ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
    // Otherwise timers are up to a second late.
    ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
    ...['--log-level', 'warn', '--log-format', 'json', '--color', 'never'],
    ...(codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}

/** Starts the server behind a guard that ends it when this process ends, however that happens. */
export function startServer(options: ServerOptions, log: TemporalLog): ServerProcess {
  const guard = spawn(
    process.execPath,
    [join(import.meta.dirname, 'guard-worker.ts'), `${graceMs}`, options.executable, ...serverArguments(options)],
    // A group of its own: Ctrl-C in a terminal is for us, and we stop the worker before its server.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: environmentOf(options.env) },
  );
  guard.stdin.on('error', () => {});
  const lines: string[] = [];
  createInterface({ input: guard.stderr }).on('line', (line) => {
    if (line.trim() === '') return;
    lines.push(line.slice(0, 1_000));
    if (lines.length > keptLines) lines.shift();
    log.debug({ line: line.slice(0, 1_000) }, 'temporal server');
  });
  const ended = new Promise<string>((resolve) => {
    guard.once('error', (error) => resolve(error.message));
    guard.once('close', () => resolve(lines.join('\n')));
  });
  // A guard that was killed leaves the server behind, in its group.
  guard.once('exit', () => killGroup(guard.pid, process.platform !== 'win32'));
  return {
    pid: firstPid(guard, ended),
    ended,
    async stop() {
      guard.stdin.end();
      const timer = setTimeout(() => killGroup(guard.pid, process.platform !== 'win32'), patienceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function firstPid(guard: ChildProcess, ended: Promise<string>): Promise<number | undefined> {
  return new Promise((resolve) => {
    guard.stdout?.setEncoding('utf8').once('data', (text: string) => {
      const pid = /"pid":(\d+)/.exec(text)?.[1];
      resolve(pid === undefined ? undefined : Number(pid));
    });
    void ended.then(() => resolve(undefined));
  });
}

/** Whoever runs Tocsin may have settings for other Temporal servers, or options for Node, in his environment. */
function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_') && !name.startsWith('NODE_')),
  );
}
