import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  cannotKeep,
  createDiskSpaces,
  type Disk,
  diskRow,
  keptFolders,
  levelOf,
  sizeWord,
  spacesOf,
} from '#cli/roles/disk-space.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const mib = 1024 ** 2;
const gib = 1024 * mib;

it.each([
  ['much of a large disk', 60 * gib, 250 * gib, 'enough'],
  ['a gibibyte of a large disk', gib, 250 * gib, 'enough'],
  ['less', gib - 1, 250 * gib, 'low'],
  ['a tenth of a small disk', 103 * mib, gib, 'enough'],
  ['less than a tenth', 102 * mib, gib, 'low'],
  ['hardly anything', 99 * mib, 250 * gib, 'nearly-full'],
  ['a fiftieth of a small disk', 20 * mib, gib, 'nearly-full'],
  ['less than an append with its log may take', 4 * mib - 1, gib, 'full'],
  ['nothing', 0, 250 * gib, 'full'],
] as const)('%s is judged by how large the disk is', (_, free, size, level) => {
  expect(levelOf({ free, left: free, size, writable: true })).toBe(level);
  expect(levelOf({ free, left: free, size, writable: false })).toBe('read-only');
});

it('what is reserved for the administrator is no room for anybody to count on, and full only to others', () => {
  const disk = { free: 0, left: 10 * gib, size: 250 * gib, writable: true };
  expect(levelOf(disk)).toBe('nearly-full');
  expect(levelOf({ ...disk, left: 0 })).toBe('full');
});

it('what is kept by a server is not on a disk of this machine', () => {
  const settings = { stateDir: '/state', keyStore: { kind: 'vault', keyUrl: 'https://kv/keys/a' } } as const;
  expect(keptFolders(settings, { kind: 'esdb', connectionString: 'esdb://log' })).toEqual([
    { of: 'state folder', folder: '/state' },
  ]);
  expect(
    keptFolders(
      { stateDir: '/state', keyStore: { kind: 'sqlite', file: '/keys/store.db' } },
      { kind: 'sqlite', file: '/log/log.db' },
    ),
  ).toEqual([
    { of: 'event log', folder: '/log' },
    { of: 'key store', folder: '/keys' },
    { of: 'state folder', folder: '/state' },
  ]);
});

it('folders of one disk are said once, and one that is not there is left out', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  const spaces = await spacesOf([
    { of: 'event log', folder },
    { of: 'key store', folder: join(folder, 'not-there') },
    { of: 'state folder', folder: join(folder, 'state') },
  ]);
  expect(spaces).toEqual([{ of: ['event log', 'state folder'], free: expect.any(Number), level: expect.any(String) }]);
  expect(spaces[0]?.free).toBeGreaterThan(0);
});

it('a disk that fills up is a figure at every look, and a line of the log whenever it gets worse or better', async () => {
  const clock = createManualClock(0);
  const metrics = createMetrics('test');
  const lines: string[] = [];
  const line = (fields: object) => void lines.push((fields as { readonly level?: string }).level ?? 'enough');
  const log = { info: line, warn: line } as never;
  let disk: Disk = { id: 1, free: 2 * gib, left: 2 * gib, size: 250 * gib, writable: true };
  let looks = 0;
  const disks = createDiskSpaces({
    context: { clock, log, metrics },
    folders: [
      { of: 'event log', folder: '/log' },
      { of: 'state folder', folder: '/state' },
    ],
    diskOf: async (folder) => {
      if (folder === '/log') looks += 1;
      return folder === '/log' ? disk : { id: 2, free: gib, left: gib, size: 250 * gib, writable: true };
    },
  });
  const stop = new AbortController();
  const ended = disks.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const seen = async (free: number) => {
    disk = { ...disk, free, left: free };
    const before = looks;
    await eventually('asleep', () => clock.sleepers() === 1);
    clock.advance(5_000);
    await eventually('looked', () => looks > before && clock.sleepers() === 1);
  };
  await seen(2 * gib);
  expect(lines).toEqual([]);
  for (const free of [500 * mib, 400 * mib, 50 * mib, 0, 0]) await seen(free);
  expect(lines).toEqual(['low', 'nearly-full', 'full']);
  expect(cannotKeep(disks.spaces())).toBe(true);
  expect(cannotKeep(disks.spaces(), 'event log')).toBe(true);
  expect(cannotKeep(disks.spaces(), 'state folder')).toBe(false);
  expect(await metrics.text()).toContain('tocsin_disk_free_bytes{of="event log"} 0');
  await seen(2 * gib);
  expect(lines.at(-1)).toBe('enough');
  expect(cannotKeep(disks.spaces())).toBe(false);
});

it.each([
  [60 * gib, 250 * gib, 'ok', '60 GiB free'],
  [900 * mib, 250 * gib, 'warning', 'only 900 MiB free'],
  [50 * mib, 250 * gib, 'trouble', 'soon nothing can be kept'],
  [1, 250 * gib, 'trouble', 'nothing more can be kept'],
] as const)('with %d of %d bytes free the row is %s', (free, size, state, word) => {
  const row = diskRow({ of: ['event log'], free, level: levelOf({ free, left: free, size, writable: true }) });
  expect(row).toMatchObject({ kind: 'disk', name: 'event log', state, word: expect.stringContaining(word) });
  expect(row.next === undefined).toBe(state === 'ok');
});

it('a disk that can only be read keeps nothing, however much room it has', async () => {
  const diskOf = async (folder: string): Promise<Disk> => ({
    ...{ id: 1, free: 60 * gib, left: 60 * gib, size: 250 * gib },
    writable: folder !== '/log',
  });
  const spaces = await spacesOf(
    [
      { of: 'event log', folder: '/log' },
      { of: 'state folder', folder: '/state' },
    ],
    diskOf,
  );
  expect(spaces.map(({ of, level }) => [of, level])).toEqual([
    [['event log'], 'read-only'],
    [['state folder'], 'enough'],
  ]);
  expect(cannotKeep(spaces, 'event log')).toBe(true);
  expect(spaces.map(diskRow)).toMatchObject([{ state: 'trouble', next: expect.any(String) }, { state: 'ok' }]);
});

it('a disk that does not know its size is not said to be full', async () => {
  const diskOf = async (): Promise<Disk> => ({ id: 1, free: 0, left: 0, size: 0, writable: true });
  expect(await spacesOf([{ of: 'event log', folder: '/log' }], diskOf)).toEqual([]);
});

it('sizes are never said larger than they are', () => {
  expect([1.99 * gib, 9.96 * gib, 10.9 * gib, gib - 1, 0].map(sizeWord)).toEqual([
    '1.9 GiB',
    '9.9 GiB',
    '10 GiB',
    '1023 MiB',
    '0 MiB',
  ]);
});
