import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryReadModelFiles, createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import type { ReadModelFiles, ReadModelSchema } from '#ports/read-model-store.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const small = {
  name: 'birds',
  version: 1,
  tables: {
    birds: {
      columns: { name: 'text', kind: 'text', seen: 'integer', first: 'text' },
      key: ['name'],
      indexes: [['seen']],
      sparse: [['kind', 'seen']],
    },
    rings: { columns: { ring: 'text', bird: 'text' }, key: ['ring', 'bird'] },
  },
} as const satisfies ReadModelSchema;
const large: ReadModelSchema = { ...small, large: true };

const bird = (name: string, seen: number, kind: string | null = 'tit', first = 'a') => ({
  table: 'birds',
  put: { name, kind, seen, first },
});

async function open(
  schema: ReadModelSchema,
  files: ReadModelFiles = createReadModelFiles({ folder: temporaryFolder() }),
) {
  const { store } = await files.open(schema);
  onTestFinished(() => store.close());
  return store;
}

const kinds = [
  ['on this thread', small, undefined],
  ['on a thread of its own', large, undefined],
  ['without a file', small, createMemoryReadModelFiles()],
  ['without a file on a thread', large, createMemoryReadModelFiles()],
] as const;

test.each(kinds)('%s rows and position change together or not at all', async (_, schema, files) => {
  const store = await open(schema, files);
  expect(store.position()).toBeUndefined();
  await store.commit([bird('robin', 1)], '01');
  const broken = [bird('robin', 2), bird('wren', 3), { table: 'birds', put: { name: 'owl', seen: 'twice' } }];
  await expect(store.commit(broken, '02')).rejects.toThrow();
  expect(store.position()).toBe('01');
  const { rows, position } = await store.read([{ table: 'birds' }]);
  expect({ rows: rows[0]?.map((row) => ({ ...row })), position }).toEqual({
    rows: [{ name: 'robin', kind: 'tit', seen: 1, first: 'a' }],
    position: '01',
  });
  await store.commit([{ table: 'birds', delete: { name: 'robin' } }, bird('robin', 5)], '03');
  expect((await store.read([{ table: 'birds', columns: ['seen'] }])).rows[0]).toMatchObject([{ seen: 5 }]);
});

test.each(kinds)('%s a digest is of one moment while commits go on', async (_, schema, files) => {
  const store = await open(schema, files);
  await store.commit([bird('robin', 1)], '01');
  const underway = await store.digest();
  await store.commit([bird('wren', 1)], '02');
  const [one, two] = await Promise.all([underway.result, store.digest().then(({ result }) => result)]);
  expect(underway.position).toBe('01');
  expect([one.rows, two.rows]).toEqual([1, 2]);
  await store.commit([{ table: 'birds', delete: { name: 'wren' } }], '03');
  expect(await (await store.digest()).result).toEqual(one);
});

test.each([
  ['on this thread', small],
  ['on a thread of its own', large],
] as const)(
  '%s a file too large to be looked through takes nothing more once a question met damage, and is made again',
  async (_, schema) => {
    const folder = temporaryFolder();
    const files = createReadModelFiles({ folder });
    const { store: whole } = await files.open(schema);
    const long = 'x'.repeat(1024 * 1024);
    await whole.commit(
      Array.from({ length: 20 }, (_, n) => bird(`bird ${n}`, n, 'tit', long)),
      '01',
    );
    await whole.close();
    const file = openSync(join(folder, 'birds.db'), 'r+');
    writeSync(file, Buffer.alloc(65_536, 0xff), 0, undefined, 6 * 1024 * 1024);
    closeSync(file);
    const opened = await files.open(schema);
    expect([opened.discarded, opened.store.position()]).toEqual([undefined, '01']);
    await expect(opened.store.read([{ table: 'birds' }])).rejects.toThrow('malformed');
    await expect(opened.store.commit([bird('wren', 1)], '02')).rejects.toThrow('malformed');
    await opened.store.close();
    const again = await files.open(schema);
    onTestFinished(() => again.store.close());
    expect([again.discarded, again.store.position()]).toEqual(['the file is damaged', undefined]);
  },
);

test.each(['close', 'discard'] as const)('a digest that %s cuts off is none', async (end) => {
  const { store } = await createReadModelFiles({ folder: temporaryFolder() }).open(small);
  // Far more than is read at once.
  const birds = Array.from({ length: 50_000 }, (_, n) => bird(`bird ${n}`, n));
  await store.commit(birds, '01');
  const { result } = await store.digest();
  await store[end]();
  await expect(result).rejects.toThrow('the read model was closed');
});

test('digests of different rows differ, whatever is shifted between cells', async () => {
  const digests = new Set<string>();
  const contents = [
    [bird('a', 1, 'b')],
    [bird('a', 1, null)],
    [bird('a', 1, '')],
    [bird('ab', 1, '')],
    [bird('a', 1, 'b', 'c'), { table: 'rings', put: { ring: 'a', bird: 'b' } }],
    [bird('a', 1, 'b', 'c'), { table: 'rings', put: { ring: 'ab', bird: '' } }],
    [bird('a', 11, 'b')],
  ];
  for (const content of contents) {
    const store = await open(small, createMemoryReadModelFiles());
    await store.commit(content, '01');
    digests.add((await (await store.digest()).result).digest);
  }
  expect(digests.size).toBe(contents.length);
});

test('questions are answered by condition, order, limit, count and the last of each', async () => {
  const store = await open(small);
  const rings = ['r1', 'r2'].map((ring) => ({ table: 'rings', put: { ring, bird: ring === 'r1' ? 'b' : 'c' } }));
  await store.commit([bird('a', 1, 'x'), bird('b', 2, 'x'), bird('c', 3, 'y'), bird('d', 4, null), ...rings], '01');
  const names = async (question: object) => {
    const { rows } = await store.read([{ table: 'birds', columns: ['name'], ...question }]);
    return rows[0]?.map((row) => row['name']);
  };
  const order = [{ column: 'seen', direction: 'desc' }];
  expect(await names({ order, limit: 2 })).toEqual(['d', 'c']);
  expect(
    await names({
      where: [
        { column: 'seen', is: '>=', value: 2 },
        { column: 'kind', is: '=', value: 'x' },
      ],
    }),
  ).toEqual(['b']);
  expect(await names({ where: [{ column: 'name', in: ['a', 'd', 'z'] }], order })).toEqual(['d', 'a']);
  const ringed = { column: 'name', inTable: 'rings', as: 'bird', where: [{ column: 'ring', is: '=', value: 'r2' }] };
  expect(await names({ where: [ringed] })).toEqual(['c']);
  expect(await names({ where: [{ column: 'seen', is: '<', value: 4 }], latestPer: 'kind' })).toEqual(['b', 'c']);
  const { rows } = await store.read([
    { table: 'birds', countBy: ['kind'] },
    { table: 'birds', countBy: [], where: [{ column: 'kind', is: '=', value: 'nothing' }] },
  ]);
  expect(rows[0]?.[0]).toMatchObject({ kind: 'x', count: 2 });
  expect(rows[1]).toMatchObject([{ count: 0 }]);
});

test('a put keeps what it was told to keep', async () => {
  const store = await open(small);
  const keep = ['first'];
  await store.commit([{ ...bird('robin', 1, 'tit', 'june'), keep }], '01');
  await store.commit([{ ...bird('robin', 2, 'tit', 'july'), keep }], '02');
  expect((await store.read([{ table: 'birds' }])).rows[0]).toMatchObject([{ seen: 2, first: 'june' }]);
});

test.each([
  [{ table: 'cats' }],
  [{ table: 'birds', columns: ['name" FROM sqlite_master --'] }],
  [{ table: 'birds', where: [{ column: '1=1 OR name', is: '=', value: 'x' } as const] }],
])('a question for what is not declared is refused', async (question) => {
  const store = await open(small);
  await expect(store.read([question])).rejects.toThrow(TypeError);
});

test('somebody else who writes to the same file is noticed before anything is mixed', async () => {
  const files = createReadModelFiles({ folder: temporaryFolder() });
  const [one, two] = [await open(small, files), await open(small, files)];
  await one.commit([bird('robin', 1)], '01');
  await expect(two.commit([bird('wren', 1)], '01')).rejects.toThrow(/somebody else/);
});

test('a rebuild that was not completed leaves nothing, one that was is what is found next', async () => {
  const folder = temporaryFolder();
  const files = createReadModelFiles({ folder });
  const { store } = await files.open(small);
  await store.commit([bird('old', 1)], '01');
  const unfinished = await files.rebuild(small);
  await unfinished.commit([bird('half', 1)], '01');
  await Promise.all([store.close(), unfinished.close()]);
  const again = await files.open(small);
  expect((await again.store.read([{ table: 'birds' }])).rows[0]).toMatchObject([{ name: 'old' }]);
  expect(readdirSync(folder).filter((name) => name.includes('building'))).toEqual([]);

  const rebuilt = await files.rebuild(small);
  await rebuilt.commit([bird('new', 1)], '01');
  await rebuilt.complete();
  await again.store.discard();
  await rebuilt.close();
  expect(readdirSync(folder)).toEqual(['birds.db']);
  const last = await open(small, files);
  expect((await last.read([{ table: 'birds' }])).rows[0]).toMatchObject([{ name: 'new' }]);
});
