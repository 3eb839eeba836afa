import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bounded } from '#cli/roles/bounded.ts';
import type { Role } from '#infra/names.ts';

/** One role, or all of them, as a process of its own. */
export interface RoleProcess {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly pid: number;
  readonly stateDir: string;
  /** What it serves where, once it has started. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Everything that it wrote to stderr. */
  said(): string;
  /** Its exit code, null where a signal ended it; undefined while it runs. */
  exitCode(): number | null | undefined;
  /** What its probe says; false also where it does not answer. */
  isReady(): Promise<boolean>;
  /** Asks it to end, and ends it where it does not; resolves when it is gone. */
  stop(): Promise<void>;
}

const program = resolve(import.meta.dirname, '../../bin/tocsin.mjs');
/** For `--import`: ends a process when the one that started it is gone. */
export const endWithParent = new URL('./end-with-parent.ts', import.meta.url).href;
/** Milliseconds for a start, and for a stop before it is ended by force. */
const startMs = 90_000;
const stopMs = 15_000;

/**
 * Starts it with exactly this environment, and waits until it says where it is.
 * @param signal ends it while it is waited for
 * @throws where it ends instead, with what it said
 */
export async function startRole(
  unit: { readonly name: string; readonly roles: readonly Role[] },
  stateDir: string,
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<RoleProcess> {
  const { name, roles } = unit;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  // Detached: a Ctrl-C is for whoever started it, which ends its parts in order.
  const child = spawn(process.execPath, ['--import', endWithParent, program, 'run', roles.join(',')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const file = createWriteStream(join(stateDir, 'stderr.log'), { flags: 'a', mode: 0o600 });
  let text = '';
  let code: number | null | undefined;
  child.stderr.on('data', (data: Buffer) => {
    text = `${text}${data.toString()}`.slice(-1_000_000);
    file.write(data);
  });
  const orphaned = () => child.kill('SIGKILL');
  process.on('exit', orphaned);
  const ended = new Promise<void>((done) => {
    const gone = (exitCode: number | null) => {
      code = exitCode;
      process.off('exit', orphaned);
      file.end();
      done();
    };
    child.once('error', (error) => {
      text += error.message;
      gone(null);
    });
    child.once('exit', gone);
  });
  const stop = async () => {
    if (code === undefined) child.kill('SIGTERM');
    await bounded(ended, stopMs);
    if (code === undefined) child.kill('SIGKILL');
    await ended;
  };
  const own = join(stateDir, 'endpoints', `${child.pid}.json`);
  const deadline = performance.now() + startMs;
  while (!existsSync(own)) {
    if (code !== undefined) throw new Error(`${name} ended with ${code}:\n${text.slice(-4_000)}`);
    if (performance.now() > deadline || signal?.aborted === true) {
      await stop();
      throw new Error(`${name} did not start within ${startMs / 1000} s:\n${text.slice(-4_000)}`);
    }
    await Promise.race([sleep(50), ended]);
  }
  const endpoints = JSON.parse(readFileSync(own, 'utf8')) as Record<string, string>;
  return {
    ...{ name, roles, pid: child.pid ?? 0, stateDir, endpoints, stop },
    said: () => text,
    exitCode: () => code,
    async isReady() {
      const answer = await fetch(`${endpoints['probes']}/health/ready`, { signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      );
      await answer?.arrayBuffer().catch(() => undefined);
      return answer?.ok === true;
    },
  };
}
