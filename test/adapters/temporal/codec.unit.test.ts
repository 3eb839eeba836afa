import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createPayloadCodec, isEncrypted } from '#adapters/temporal/codec/payload-codec.ts';
import { createMemorySecrets } from './memory-secrets.ts';

const clockAt = (start = 0) => {
  let now = start;
  const advance = (ms: number) => {
    now += ms;
  };
  return { monotonic: () => now, now: () => now, advance };
};

function codecFor(namespace = 'tocsin', store = createMemorySecrets(), clock = clockAt()) {
  const keys = createKeyRing({ secrets: store.secrets, clock });
  return { codec: createPayloadCodec({ keys, namespace }), keys, store, clock };
}

const payload = defaultPayloadConverter.toPayload({ text: 'Quohzaivee' });
const read = (one: unknown) => defaultPayloadConverter.fromPayload(one as typeof payload);
const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('latin1');

test('a payload comes back, and neither its text nor its metadata can be seen in between', async () => {
  const { codec } = codecFor();
  const [closed] = await codec.encode([payload]);
  expect(isEncrypted(closed!)).toBe(true);
  expect(textOf(closed?.data)).not.toMatch(/Quohzaivee|json/);
  expect(Object.keys(closed?.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
  const [open] = await codec.decode([closed!]);
  expect(read(open)).toEqual({ text: 'Quohzaivee' });
});

test('payloads without data, without metadata and with bytes come back as they were', async () => {
  const { codec } = codecFor();
  const all = [
    defaultPayloadConverter.toPayload(undefined),
    defaultPayloadConverter.toPayload(new Uint8Array([0, 255, 7])),
    {},
  ];
  const back = await codec.decode(await codec.encode(all));
  expect(read(back[0])).toBeUndefined();
  expect(read(back[1])).toEqual(new Uint8Array([0, 255, 7]));
  expect(back[2]).toEqual({ metadata: {} });
  expect(await codec.encode([])).toEqual([]);
});

test('the same payload is encrypted differently each time', async () => {
  const { codec } = codecFor();
  const [one, other] = await codec.encode([payload, payload]);
  expect(textOf(one?.data)).not.toBe(textOf(other?.data));
});

test('what was not encrypted passes unchanged', async () => {
  const { codec } = codecFor();
  expect(await codec.decode([payload])).toEqual([payload]);
});

test('a changed payload, one of another namespace and one whose key is gone are refused', async () => {
  const { codec, store } = codecFor();
  const [closed] = await codec.encode([payload]);
  const data = Uint8Array.from(closed!.data!);
  data[20] = data[20]! ^ 1;
  await expect(codec.decode([{ ...closed, data }])).rejects.toThrow('does not fit its key');
  await expect(codecFor('other', store).codec.decode([closed!])).rejects.toThrow('does not fit its key');
  await expect(codecFor().codec.decode([closed!])).rejects.toThrow('nothing has the key');
  const hostile = { ...closed, metadata: { ...closed?.metadata, 'encryption-key-id': Buffer.from('../../x') } };
  await expect(codec.decode([hostile])).rejects.toThrow('nothing has the key');
});

test('after a rotation new payloads have the new key and old ones can still be read', async () => {
  const { codec, keys, store, clock } = codecFor();
  const [old] = await codec.encode([payload]);
  const other = codecFor('tocsin', store, clock);
  await other.codec.encode([payload]);
  const id = await keys.rotate();
  const keyOf = (one: typeof old) => textOf(one?.metadata?.['encryption-key-id']);
  const [fresh] = await codec.encode([payload]);
  expect(keyOf(fresh)).toBe(id);
  expect(keyOf(old)).not.toBe(id);
  expect((await codec.decode([old!, fresh!])).map(read)).toEqual([{ text: 'Quohzaivee' }, { text: 'Quohzaivee' }]);
  // Another process reads what has the new key at once, and uses it itself within a minute.
  expect((await other.codec.decode([fresh!])).map(read)).toEqual([{ text: 'Quohzaivee' }]);
  clock.advance(60_000);
  const [later] = await other.codec.encode([payload]);
  expect(keyOf(later)).toBe(id);
});

test('processes that begin together agree on one key', async () => {
  const store = createMemorySecrets();
  const rings = [1, 2, 3].map(() => codecFor('tocsin', store));
  const ids = await Promise.all(rings.map(async ({ keys }) => (await keys.current()).id));
  expect(new Set(ids).size).toBe(1);
});

test('while the key store is away known keys go on working, and an unknown one is an error that may pass', async () => {
  const { codec, store, clock } = codecFor();
  const [closed] = await codec.encode([payload]);
  store.state.away = true;
  clock.advance(120_000);
  expect(isEncrypted((await codec.encode([payload]))[0]!)).toBe(true);
  expect((await codec.decode([closed!])).map(read)).toEqual([{ text: 'Quohzaivee' }]);
  await expect(codecFor('tocsin', store).codec.encode([payload])).rejects.toMatchObject({ name: 'KeyRingError' });
});

test('an id that nobody has is looked up once a second', async () => {
  const { keys, store, clock } = codecFor();
  for (let i = 0; i < 5; i += 1) expect(await keys.find('0123456789abcdef')).toBeUndefined();
  expect(store.state.reads).toBe(1);
  clock.advance(1_000);
  await keys.find('0123456789abcdef');
  expect(store.state.reads).toBe(2);
});

const day = 86_400_000;

test('the key is replaced when it is old, once among all that ask, and what it encrypted can still be read', async () => {
  const { codec, keys, store, clock } = codecFor();
  expect(await keys.rotateOlderThan(90 * day)).toBe(false);
  const [old] = await codec.encode([payload]);
  const first = (await keys.current()).id;
  clock.advance(90 * day);
  expect(await codecFor('tocsin', store, clock).keys.rotateOlderThan(90 * day)).toBe(false);
  clock.advance(1);
  const others = [1, 2, 3].map(() => codecFor('tocsin', store, clock).keys);
  const made = await Promise.all(others.map((each) => each.rotateOlderThan(90 * day)));
  expect(made.filter(Boolean)).toHaveLength(1);
  const after = (await keys.current()).id;
  expect(after).not.toBe(first);
  for (const each of others) expect((await each.current()).id).toBe(after);
  const [open] = await codecFor('tocsin', store, clock).codec.decode([old!]);
  expect(read(open)).toEqual({ text: 'Quohzaivee' });
});

test('a key of which nobody knows how old it is counts as old', async () => {
  const { keys, store, clock } = codecFor();
  const { id } = await keys.current();
  const index = await store.secrets.read('temporal/codec-keys');
  if (!index.ok || index.version === 'none') throw new Error('no index');
  const before = Buffer.from(JSON.stringify({ current: id, keys: [id] }));
  await store.secrets.write('temporal/codec-keys', before, index.version);
  const later = codecFor('tocsin', store, clock).keys;
  expect(await later.rotateOlderThan(90 * day)).toBe(true);
  expect(await later.rotateOlderThan(90 * day)).toBe(false);
  expect(await later.find(id)).toBeDefined();
});
