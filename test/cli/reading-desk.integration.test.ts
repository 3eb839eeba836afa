import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bareEnvironment, bin } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

const commands = [
  ['emergency', 'list'],
  ['audit', 'list', '--caller', 'Grace Okonkwo'],
];

it('reads a log with the key store that sealed it or not at all, makes no other one, and leaves nothing behind', async () => {
  const stateDir = temporaryFolder();
  const run = await startTocsin(stateDir, ['--simulate']);
  expect((await tocsin(stateDir, ['simulate', 'call', '--wait'])).code).toBe(0);
  expect(await run.end('SIGTERM')).toBe(0);

  const alone = temporaryFolder();
  mkdirSync(join(alone, 'simulator'));
  const log = join('simulator', 'event-log.db');
  copyFileSync(join(stateDir, log), join(alone, log));
  for (const args of commands) {
    const done = await tocsin(alone, args);
    expect(done).toMatchObject({ code: 78, stdout: '' });
    expect(done.stderr).toMatch(
      /TOCSIN_KEY_STORE: there is no key store at .*keys\.db, and the event log is sealed by/,
    );
    expect(existsSync(join(alone, 'keys.db'))).toBe(false);
  }

  const other = temporaryFolder();
  const elsewhere = await startTocsin(other, ['desk']);
  expect(await elsewhere.end('SIGTERM')).toBe(0);
  for (const name of ['keys.db', 'keys.db.master']) copyFileSync(join(other, name), join(alone, name));
  for (const args of commands) {
    const done = await tocsin(alone, args);
    expect(done).toMatchObject({ code: 78, stdout: '' });
    expect(done.stderr).toMatch(/the event log is sealed by the key store .*, and this one is/);
  }

  const folder = temporaryFolder();
  const env = bareEnvironment(stateDir, { TMPDIR: folder });
  const left = () => readdirSync(folder).filter((name) => name.startsWith('tocsin-reading-'));
  const child = spawn(process.execPath, [bin, 'audit', 'list', '--json'], {
    ...{ env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const ended = once(child, 'exit');
  child.stdout.destroy();
  expect(await ended).toEqual([0, null]);
  expect(left()).toEqual([]);

  const interrupted = spawn(process.execPath, [bin, 'audit', 'list', '--json'], { env, stdio: 'ignore' });
  const stopped = once(interrupted, 'exit');
  await eventually('it reads', () => left().length === 1);
  interrupted.kill('SIGINT');
  expect(await stopped).toEqual([null, 'SIGINT']);
  expect(left()).toEqual([]);
});
