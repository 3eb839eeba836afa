import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import type { CommandResult } from '#test/support/tocsin-process.ts';

export const root = join(import.meta.dirname, '../..');
export const bin = join(root, 'bin/tocsin.mjs');

/** One simulated run for all tests of a file. */
export interface OneRun {
  readonly stateDir: string;
  readonly endpoints: Readonly<Record<string, string>>;
  /** Runs a command to its end, in a folder of its own so that nothing but its arguments counts. */
  tocsin(...args: readonly string[]): Promise<CommandResult>;
  /** As {@link tocsin}, expecting exit code 0 and one JSON document. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** Somebody else dials each time, so that no call can be taken for another; the emergency once every feed reported it. */
  dial(call?: {
    readonly feed?: 'chat' | 'events' | 'both';
    readonly test?: boolean;
    readonly caller?: string;
  }): Promise<Dialled>;
  /** What the desk answers. */
  ask<T>(path: string): Promise<T>;
  /** Starts a command that does not end by itself; it is ended with the file. */
  start(...args: readonly string[]): Streaming;
}

export interface Dialled {
  readonly id: string;
  readonly feeds: readonly string[];
}

export interface Streaming {
  readonly lines: readonly string[];
  readonly stderr: () => string;
  /** Ends it as Ctrl-C does. */
  end(): Promise<void>;
}

/** Not handed on: what belongs to the test runner. Tocsin keeps what it compiled by itself. */
const ofRunner = new Set(['VITEST', 'NODE_ENV', 'NODE_COMPILE_CACHE', 'NO_COLOR', 'FORCE_COLOR']);

/** An environment without settings of whoever runs the tests, where every port is free to choose. */
export function bareEnvironment(stateDir: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TOCSIN_') && !ofRunner.has(name));
  return {
    ...Object.fromEntries(inherited),
    TOCSIN_STATE_DIR: stateDir,
    TOCSIN_HTTP: '127.0.0.1:0',
    TOCSIN_SIMULATOR_EVENT_HUBS: '0',
    TOCSIN_SIMULATOR_EVENTSTOREDB: '0',
    ...more,
  };
}

/** Runs one command to its end; `input` is written to a stdin that stays open, an empty one closes it. */
export function runToEnd(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  {
    node = process.execPath,
    cwd = root,
    input,
  }: { readonly node?: string; readonly cwd?: string; readonly input?: string } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      node,
      [bin, ...args],
      { cwd, env, maxBuffer: 64 * 1024 ** 2, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      },
    );
    if (input === '') child.stdin?.end();
    else if (input !== undefined) child.stdin?.write(input);
  });
}

/** Starts `tocsin run --simulate` before the tests of a file and ends it after them. */
export function useOneRun(...args: readonly string[]): OneRun {
  const stateDir = mkdtempSync(join(tmpdir(), 'tocsin cli-'));
  const children = new Set<ChildProcess>();
  let endpoints: Record<string, string> = {};
  const launch = (child: ChildProcess) => {
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  beforeAll(async () => {
    let said = '';
    const child = launch(
      spawn(process.execPath, [bin, 'run', '--simulate', ...args], {
        cwd: root,
        env: bareEnvironment(stateDir),
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const file = join(stateDir, 'endpoints.json');
    await eventually('tocsin run --simulate', () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${said}`);
      return existsSync(file);
    });
    endpoints = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  });
  afterAll(async () => {
    const ended = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
    rmSync(stateDir, { recursive: true, force: true });
  });
  let callers = 0;
  const ask = async <T>(path: string) => (await (await fetch(`${endpoints['desk']}${path}`)).json()) as T;
  const tocsin = (...words: readonly string[]) => runToEnd(words, bareEnvironment(stateDir));
  return {
    stateDir,
    get endpoints() {
      return endpoints;
    },
    tocsin,
    async json<T>(...words: readonly string[]) {
      const { code, stdout, stderr } = await tocsin(...words, '--json');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      return JSON.parse(stdout) as T;
    },
    ask,
    async dial({ feed = 'both', caller = `Caller ${++callers}`, test = false } = {}) {
      const response = await fetch(`${endpoints['simulator']}/calls`, {
        method: 'POST',
        headers: { 'x-tocsin-request': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ feed, caller, test }),
      });
      const { emergencyIds } = (await response.json()) as { readonly emergencyIds: readonly string[] };
      const feeds = feed === 'both' ? ['chat', 'events'] : [feed];
      return eventually(`the call of ${caller}`, async () => {
        const found = await Promise.all(emergencyIds.map((id) => ask<Dialled>(`/api/emergencies/${id}`)));
        return found.find((one) => feeds.every((name) => one.feeds?.includes(name)));
      });
    },
    start(...words) {
      const child = launch(
        spawn(process.execPath, [bin, ...words], {
          cwd: root,
          env: bareEnvironment(stateDir),
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
      const lines: string[] = [];
      let rest = '';
      let stderr = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        const parts = (rest + chunk.toString()).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      return {
        lines,
        stderr: () => stderr,
        async end() {
          const gone = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGINT');
          await gone;
        },
      };
    },
  };
}

/** What a command that prints data for people must never do: colour, or anything else that steers a terminal. */
export function expectPlain(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
}
