import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { isProcessAlive } from '#adapters/programs/process-identity.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

it('leaves no role running whose starter was killed', async () => {
  const stateDir = temporaryFolder();
  const starter = fork(fileURLToPath(new URL('../fixtures/starts-a-role.ts', import.meta.url)), [stateDir]);
  onTestFinished(() => void starter.kill('SIGKILL'));
  const [{ pid }] = (await once(starter, 'message')) as [{ readonly pid: number }];
  onTestFinished(() => {
    if (isProcessAlive(pid, undefined)) process.kill(pid, 'SIGKILL');
  });
  expect(isProcessAlive(pid, undefined)).toBe(true);
  starter.kill('SIGKILL');
  await eventually('it ends', () => !isProcessAlive(pid, undefined));
  // In order: it has taken itself out.
  expect(existsSync(`${stateDir}/endpoints/${pid}.json`)).toBe(false);
});
