import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyVaultKeyStore } from '#adapters/azure-key-vault/key-vault-key-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { startStack, type TestPlace, type TestStack } from '#test/adapters/azure-key-vault/stack.ts';

describe('a key store of blobs', () => {
  let stack: TestStack;
  let place: TestPlace;
  let store: KeyStore;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    place = await stack.place();
    store = await openStore();
  });
  afterEach(async () => {
    stack.proxy.set('pass');
    await place.close();
  });

  const openStore = async () => createKeyVaultKeyStore({ master: await place.open(), clock: systemClock });
  const keysOf = async (from: KeyStore, subjects: readonly string[]) => {
    const made = await from.subjectKeys(subjects);
    if (!made.ok) throw new Error(made.detail);
    return made.keys;
  };
  const names = async (prefix: string) => [...(await place.blobs()).keys()].filter((name) => name.startsWith(prefix));
  const subjects = Array.from({ length: 12 }, (_, index) => `user:t/${index}`);

  it('gives processes that ask at once the same keys, and leaves no key that is nobody’s', async () => {
    const stores = [store, await openStore(), await openStore()];
    const [first, ...others] = await Promise.all(stores.map((each) => keysOf(each, subjects)));
    for (const other of others) expect(other).toEqual(first);
    expect(await names('keys/')).toHaveLength(subjects.length);
  });

  it('gives processes that ask at once the same key of a day', async () => {
    const stores = [store, await openStore(), await openStore()];
    const answers = await Promise.all(stores.map((each) => each.dayKey('commitment', '2026-11-21')));
    expect(new Set(answers.map((answer) => (answer.ok ? Buffer.from(answer.key).toString('hex') : 'none'))).size).toBe(
      1,
    );
  });

  it('makes a key once although answers are lost', async () => {
    stack.proxy.loseAnswers('PUT', 2);
    const [key] = await keysOf(store, ['user:t/1']);
    expect(await keysOf(await openStore(), ['user:t/1'])).toEqual([key]);
    expect(await names('keys/')).toHaveLength(1);
  });

  it('has erased when it answers: no blob with the key is left, only the ids', async () => {
    const [key] = await keysOf(store, ['user:t/1']);
    const before = await place.blobs();
    const wrapped = before.get(`keys/${key?.keyId}`);
    expect(wrapped).toHaveLength(60);
    expect(await store.erase('user:t/1')).toEqual({ ok: true, keyIds: [key?.keyId] });
    const after = await place.blobs();
    expect(after.has(`keys/${key?.keyId}`)).toBe(false);
    expect(Buffer.concat([...after.values()]).includes(wrapped ?? 'none')).toBe(false);
  });

  it('erases for every process that had the key in memory, though nothing was left to delete when it was repeated', async () => {
    const other = await openStore();
    const [key] = await keysOf(store, ['user:t/1']);
    await keysOf(other, ['user:t/1']);
    // Whoever deleted the key died before it could tell.
    await place.container.deleteBlob(`keys/${key?.keyId}`);
    expect(await store.erase('user:t/1')).toEqual({ ok: true, keyIds: [key?.keyId] });
    expect((await keysOf(other, ['user:t/1']))[0]?.keyId).not.toBe(key?.keyId);
    expect(await other.find([key?.keyId ?? ''])).toEqual({ ok: true, keys: new Map() });
  });

  it('erases although answers are lost', async () => {
    await keysOf(store, ['user:t/1']);
    stack.proxy.loseAnswers('DELETE', 1);
    expect(await store.erase('user:t/1')).toMatchObject({ ok: true });
    expect(await names('keys/')).toEqual([]);
  });

  it('does not say that a key is erased while something holds its blob', async () => {
    const [key] = await keysOf(store, ['user:t/1']);
    const lease = place.container.getBlobClient(`keys/${key?.keyId}`).getBlobLeaseClient();
    await lease.acquireLease(-1);
    expect(await store.erase('user:t/1')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('holds its blob'),
    });
    await lease.releaseLease();
    expect(await store.erase('user:t/1')).toEqual({ ok: true, keyIds: [key?.keyId] });
  });

  it('says nothing about a subject in any name or blob', async () => {
    await keysOf(store, ['upn:anna@contoso.example']);
    const everything = [...(await place.blobs())]
      .map(([name, bytes]) => `${name} ${bytes.toString('latin1')}`)
      .join('\n');
    expect(everything).not.toMatch(/anna@|contoso\.example|upn:/);
  });

  it('asks the storage once for what it has in memory', async () => {
    const ids = (await keysOf(store, subjects)).map(({ keyId }) => keyId);
    await store.find([...ids, 'unknown']);
    const before = stack.proxy.passed();
    await keysOf(store, subjects);
    await store.find([...ids, 'unknown']);
    expect(stack.proxy.passed() - before).toBe(2);
  });

  it('shares one question among those who ask at the same time', async () => {
    const ids = (await keysOf(store, subjects)).map(({ keyId }) => keyId);
    const before = stack.proxy.passed();
    await Promise.all(Array.from({ length: 50 }, () => store.find(ids)));
    expect(stack.proxy.passed() - before).toBe(2);
  });

  it.each(['away', 'silent'] as const)(
    'answers that it is unavailable while the storage is %s, and goes on afterwards',
    async (mode) => {
      const [key] = await keysOf(store, ['user:t/1']);
      stack.proxy.set(mode);
      const unavailable = { ok: false, reason: 'unavailable', detail: expect.stringContaining('storage of the keys') };
      const answers = await Promise.all([
        store.subjectKeys(['user:t/1']),
        store.find([key?.keyId ?? '']),
        store.erase('user:t/1'),
        store.dayKey('quarantine', '2026-11-21'),
        store.destroyDayKeys('quarantine', '2026-11-21'),
      ]);
      for (const answer of answers) expect(answer).toEqual(unavailable);
      stack.proxy.set('pass');
      expect(await keysOf(store, ['user:t/1'])).toEqual([key]);
    },
  );

  it('takes a container that is gone or was emptied for away, never for erased', async () => {
    const [key] = await keysOf(store, ['user:t/1']);
    await place.container.deleteBlob('destructions.json');
    expect(await store.find([key?.keyId ?? ''])).toMatchObject({
      ok: false,
      detail: expect.stringContaining('emptied'),
    });
    await place.container.delete();
    expect(await store.find([key?.keyId ?? ''])).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  it('tells a damaged key from an erased one', async () => {
    const [key] = await keysOf(store, ['user:t/1']);
    await place.container.uploadBlockBlob(`keys/${key?.keyId}`, Buffer.alloc(60, 1), 60);
    const fresh = await openStore();
    expect(await fresh.find([key?.keyId ?? ''])).toMatchObject({
      ok: false,
      detail: expect.stringContaining('damaged'),
    });
    expect((await keysOf(fresh, ['user:t/1']))[0]?.keyId).not.toBe(key?.keyId);
  });

  it('finds no key of a day that another process destroyed while this one made it', async () => {
    const other = await openStore();
    const [made] = await Promise.all([
      store.dayKey('quarantine', '2026-11-01'),
      other.destroyDayKeys('quarantine', '2026-11-02'),
    ]);
    await other.destroyDayKeys('quarantine', '2026-11-02');
    expect(made.ok || made.reason === 'destroyed').toBe(true);
    expect(await store.dayKey('quarantine', '2026-11-01')).toEqual({ ok: false, reason: 'destroyed' });
    expect(await names('days/')).toEqual([]);
  });

  it('throws for a day that is none', async () => {
    await expect(store.dayKey('quarantine', '../keys')).rejects.toThrow(TypeError);
  });
});
