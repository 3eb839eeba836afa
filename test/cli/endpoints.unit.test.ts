import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEndpointsFile, type Endpoints, readAllEndpoints, readEndpoints } from '#cli/endpoints.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const of = (pid: number, roles: readonly string[], more: object = {}): Endpoints => ({
  pid,
  version: '1',
  roles,
  ...more,
});
const merged = (folder: string) => JSON.parse(readFileSync(join(folder, 'endpoints.json'), 'utf8')) as Endpoints;
/** Ids of two processes that live as long as this test does. */
const [one, other] = [process.pid, process.ppid];

describe('where everything is', () => {
  it('is one file for each process and one that merges those of the living', async () => {
    const folder = temporaryFolder();
    await createEndpointsFile(folder, one).write(of(one, ['ingest'], { eventHub: 'hub' }));
    await createEndpointsFile(folder, other).write(of(other, ['desk', 'ingest'], { desk: 'http://127.0.0.1:1' }));
    expect(merged(folder)).toMatchObject({ eventHub: 'hub', desk: 'http://127.0.0.1:1' });
    expect([...merged(folder).roles].sort()).toEqual(['desk', 'ingest']);
    expect(await readEndpoints(folder)).toEqual(merged(folder));
    expect((await readAllEndpoints(folder)).map(({ pid }) => pid).sort()).toEqual([one, other].sort());
  });

  it('forgets who ended gracefully, and is gone with the last', async () => {
    const folder = temporaryFolder();
    const [first, second] = [createEndpointsFile(folder, one), createEndpointsFile(folder, other)];
    await first.write(of(one, ['ingest'], { eventHub: 'hub' }));
    await second.write(of(other, ['desk']));
    await first.remove();
    expect(merged(folder)).toEqual(of(other, ['desk']));
    await second.remove();
    expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
    expect(await readEndpoints(folder)).toBeUndefined();
  });

  it('forgets who was killed', async () => {
    const folder = temporaryFolder();
    const { pid } = spawnSync(process.execPath, ['--version']);
    await createEndpointsFile(folder, pid).write(of(pid, ['desk'], { desk: 'http://127.0.0.1:1' }));
    expect(await readEndpoints(folder)).toBeUndefined();
    expect(readdirSync(join(folder, 'endpoints'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'does not take another program for one that crashed and had its process id',
    async () => {
      const folder = temporaryFolder();
      await createEndpointsFile(folder, one).write(of(one, ['desk'], { desk: 'http://127.0.0.1:1' }));
      const file = join(folder, 'endpoints', `${one}.json`);
      const { started, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Endpoints;
      expect(started).toMatch(/^\d+$/);
      writeFileSync(file, JSON.stringify({ ...rest, started: `${Number(started) - 1}` }));
      expect(await readEndpoints(folder)).toBeUndefined();
      await createEndpointsFile(folder, other).write(of(other, ['ingest']));
      expect(merged(folder)).toEqual(of(other, ['ingest']));
      expect(readdirSync(join(folder, 'endpoints'))).toEqual([`${other}.json`]);
    },
  );

  it.each(['', '{"pid":', 'null', '{}'])('passes over a file that holds `%s`', async (text) => {
    const folder = temporaryFolder();
    await createEndpointsFile(folder, other).write(of(other, ['ingest']));
    writeFileSync(join(folder, 'endpoints', `${one}.json`), text);
    expect(await readAllEndpoints(folder)).toEqual([of(other, ['ingest'])]);
  });

  it('loses nobody where several come and go at once', async () => {
    const folder = temporaryFolder();
    const children = ['ingest', 'triage', 'resolve', 'desk'].map((role) => {
      const child = fork(fileURLToPath(new URL('fixtures/endpoints-of.ts', import.meta.url)), [folder, role]);
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    });
    const all = (word: string) =>
      Promise.all(
        children.map(async (child) => {
          const done = once(child, 'message');
          child.send(word);
          await done;
        }),
      );
    await Promise.all(children.map((child) => once(child, 'message')));
    for (let round = 0; round < 20; round++) {
      await all('write');
      expect([...merged(folder).roles].sort()).toEqual(['desk', 'ingest', 'resolve', 'triage']);
      await all('remove');
      expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
    }
  });

  it('writes nothing any more after it was taken out', async () => {
    const folder = temporaryFolder();
    const file = createEndpointsFile(folder, one);
    await file.write(of(one, ['worker']));
    await Promise.all([file.remove(), file.write(of(one, ['worker'], { temporal: 'here' }))]);
    expect(await readEndpoints(folder)).toBeUndefined();
    expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
  });

  it('is for its owner alone, as there are secrets in it', async () => {
    const folder = temporaryFolder();
    await createEndpointsFile(folder, one).write(of(one, ['ingest']));
    for (const file of ['endpoints.json', join('endpoints', `${one}.json`)])
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('is nothing where nothing ever ran', async () => {
    expect(await readEndpoints(join(temporaryFolder(), 'none'))).toBeUndefined();
  });
});
