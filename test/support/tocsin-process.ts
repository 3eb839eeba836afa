import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '#test/support/eventually.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/tocsin.mjs');

/** A `tocsin run` of its own; killed when the test ends. */
export interface TocsinProcess {
  readonly pid: number;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly stateDir: string;
  /** Sends a signal and waits until the process is gone; resolves with its exit code. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** What it wrote to stderr. */
  said(): string;
}

/** Not handed on: what belongs to the test runner. Tocsin keeps what it compiled by itself. */
const ofRunner = new Set(['VITEST', 'NODE_ENV', 'NODE_COMPILE_CACHE']);

function environment(stateDir: string, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TOCSIN_') && !ofRunner.has(name)),
  );
  return {
    ...inherited,
    NO_COLOR: '1',
    TOCSIN_STATE_DIR: stateDir,
    TOCSIN_HTTP: '127.0.0.1:0',
    TOCSIN_SIMULATOR_EVENT_HUBS: '0',
    TOCSIN_SIMULATOR_EVENTSTOREDB: '0',
    // Only tests about workflows run a Temporal server: a start of one costs more than most tests do.
    TOCSIN_TEMPORAL: 'off',
    ...more,
  };
}

/** Starts roles and waits until they say where they are; killed when the test ends. */
export function startTocsin(
  stateDir: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<TocsinProcess> {
  return launchTocsin(stateDir, args, more, onTestFinished);
}

/** Two suites at once make a start take more than twenty seconds; how long it may take is no matter of these tests. */
const startMs = 60_000;

/**
 * The same for a process that several tests share.
 * @param atEnd is given what ends it
 * @param launched is given the process before it says where it is
 */
export async function launchTocsin(
  stateDir: string,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
  atEnd: (end: () => Promise<void>) => void,
  launched: (process: Pick<TocsinProcess, 'end' | 'said'>) => void = () => undefined,
): Promise<TocsinProcess> {
  mkdirSync(stateDir, { recursive: true });
  const child = spawn(process.execPath, [bin, 'run', ...args], {
    cwd: root,
    env: environment(stateDir, more),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  atEnd(async () => {
    await end(child, 'SIGKILL');
  });
  launched({ end: (signal) => end(child, signal), said: () => said });
  const own = join(stateDir, 'endpoints', `${child.pid}.json`);
  rmSync(own, { force: true });
  const ready = () => {
    if (child.exitCode !== null) throw new Error(`tocsin run ${args.join(' ')} ended with ${child.exitCode}:\n${said}`);
    return existsSync(own);
  };
  await eventually(`tocsin run ${args.join(' ')}`, ready, startMs);
  const endpoints = JSON.parse(readFileSync(own, 'utf8')) as Record<string, string>;
  return { pid: child.pid ?? 0, endpoints, stateDir, end: (signal) => end(child, signal), said: () => said };
}

function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. @param input what it reads on stdin */
export function tocsin(
  stateDir: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...args],
      { cwd: root, env: environment(stateDir, more), maxBuffer: 64 * 1024 ** 2, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}
