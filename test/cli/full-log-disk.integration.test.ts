import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnvironment, bin } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { tocsin } from '#test/support/tocsin-process.ts';

/** Takes nothing, as a disk without space (full(4)); Linux has it. */
const full = '/dev/full';

/** Runs roles with a log that takes nothing, until they say where they are. */
async function runWithFullLog(roles: string, more: Readonly<Record<string, string>> = {}) {
  const stateDir = temporaryFolder();
  const log = openSync(full, 'w');
  const child = spawn(process.execPath, [bin, 'run', roles], {
    env: bareEnvironment(stateDir, { TOCSIN_TEMPORAL: 'off', ...more }),
    stdio: ['ignore', 'ignore', log],
  });
  closeSync(log);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const file = join(stateDir, 'endpoints', `${child.pid}.json`);
  const started = () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    return existsSync(file);
  };
  await eventually('it says where it is', started, 60_000);
  return { child, ended, stateDir, file };
}

describe.skipIf(!existsSync(full))('where no line of the log can be written', () => {
  it('lets a call through, and ends when it is asked to', async () => {
    const { child, ended, stateDir, file } = await runWithFullLog('--simulate');
    const call = await tocsin(stateDir, ['simulate', 'call', '--wait', '--json']);
    expect(call).toMatchObject({ code: 0 });
    const { desk } = JSON.parse(readFileSync(file, 'utf8')) as { readonly desk: string };
    const metrics = await eventually('what was lost is counted', async () => {
      const text = await (await fetch(`${desk}/metrics`)).text();
      return text.includes('log-lines-lost') && text;
    });
    expect(metrics).toMatch(/tocsin_errors_total\{code="log-lines-lost"\} [1-9]/);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('ends with 70 at an exception that nobody caught', async () => {
    const throwing = "process.on('SIGUSR2', () => { throw new Error('a fault') })";
    const { child, ended } = await runWithFullLog('desk', {
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(throwing)}"`,
    });
    child.kill('SIGUSR2');
    expect(await ended).toEqual([70, null]);
  });
});

describe.skipIf(!existsSync(full))('a command whose output cannot be written', () => {
  it('says so and ends with 70: 1 would be an answer', async () => {
    const output = openSync(full, 'w');
    const child = spawn(process.execPath, [bin, 'completion', 'bash'], {
      env: bareEnvironment(temporaryFolder()),
      stdio: ['ignore', output, 'pipe'],
    });
    closeSync(output);
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said, [code]] = await Promise.all([
      text(child.stderr ?? expect.fail('it has no stderr')),
      once(child, 'exit'),
    ]);
    expect(code).toBe(70);
    expect(said).toMatch(/^tocsin: what was to be said could not be written: ENOSPC\b.*\n$/);
  });
});
