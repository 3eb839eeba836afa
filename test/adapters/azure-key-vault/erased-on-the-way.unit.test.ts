import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeyVaultKeyStore } from '#adapters/azure-key-vault/key-vault-key-store.ts';
import { derive } from '#adapters/azure-key-vault/master-record.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { createMemoryBlobs, type MemoryBlobs } from '#test/adapters/azure-key-vault/memory-blobs.ts';

const user = 'user:t/11111111-1111-4111-8111-111111111111';
const others = ['user:t/2', 'user:t/3', 'user:t/4'];

describe('a key of a stack that is erased by another process', () => {
  let blobs: MemoryBlobs;
  let open: () => KeyStore;
  beforeEach(() => {
    blobs = createMemoryBlobs();
    const keys = derive(randomBytes(32));
    const master = {
      ...{ id: 'id', blobs, derived: () => keys, close: async () => {} },
      status: () => ({ keyVersion: '1', vault: 'answers', throttled: false }) as const,
      checkRotation: async () => ({ ok: true, rewrapped: false }) as const,
    };
    open = () => createKeyVaultKeyStore({ master, clock: { monotonic: () => 0 } });
  });

  async function keyIdsOf(store: KeyStore, subjects: readonly string[] = [user]): Promise<readonly string[]> {
    const made = await store.subjectKeys(subjects);
    if (!made.ok) throw new Error(made.detail);
    return made.keys.map(({ keyId }) => keyId);
  }

  /** Of these, the ids whose keys a process still finds that has nothing in memory. */
  async function lasting(keyIds: readonly string[]): Promise<readonly string[]> {
    const found = await open().find(keyIds);
    return found.ok ? [...found.keys.keys()] : [];
  }

  /** Does something once, while the answer with a key is on its way. */
  function whileAKeyIsOnItsWay(work: () => Promise<unknown>): void {
    let done = false;
    blobs.afterGet = async (name) => {
      if (done || !name.startsWith('keys/')) return;
      done = true;
      await work();
    };
  }

  it('seals nothing although it was on its way when the erasure was answered', async () => {
    const before = await keyIdsOf(open());
    whileAKeyIsOnItsWay(async () => expect(await open().erase(user)).toEqual({ ok: true, keyIds: before }));
    const store = open();
    const now = await keyIdsOf(store);
    expect(await lasting(now)).toEqual(now);
    expect(await keyIdsOf(store)).toEqual(now);
  });

  it('holds nobody up whose own keys are still there', async () => {
    const before = await keyIdsOf(open(), others);
    await keyIdsOf(open());
    const store = open();
    let erasures = 0;
    blobs.afterGet = async (name) => {
      if (!name.startsWith('subjects/') || erasures >= 50) return;
      erasures += 1;
      const eraser = open();
      await eraser.subjectKeys([user]);
      await eraser.erase(user);
    };
    expect(await keyIdsOf(store, others)).toEqual(before);
  });

  it.each([
    ['before it deleted anything', 'remove', 'keys/'],
    ['between deleting and saying so', 'replace', 'destructions.json'],
  ] as const)('seals nothing that is lost where the eraser died %s', async (_when, what, prefix) => {
    const store = open();
    const before = await keyIdsOf(store);
    let writes = 0;
    // Of the two announcements the second fails.
    blobs.refuses = (asked, name) => asked === what && name.startsWith(prefix) && (what === 'remove' || ++writes > 1);
    expect(await open().erase(user)).toMatchObject({ ok: false, reason: 'unavailable' });
    blobs.refuses = () => false;
    const now = await keyIdsOf(store);
    expect(await lasting(now)).toEqual(now);
    if (what === 'replace') expect(now).not.toEqual(before);
    expect(await store.find(before)).toMatchObject({
      keys: new Map(what === 'replace' ? [] : [[before[0], expect.anything()]]),
    });
  });

  it('deletes nothing before all have been told that it will', async () => {
    const before = await keyIdsOf(open());
    blobs.refuses = (what) => what === 'replace';
    expect(await open().erase(user)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await lasting(before)).toEqual(before);
  });

  it('leaves memory in use again once the erasure was repeated', async () => {
    const store = open();
    await keyIdsOf(store, [user, ...others]);
    blobs.refuses = (what, name) => what === 'remove' && name.startsWith('keys/');
    expect(await open().erase(user)).toMatchObject({ ok: false });
    blobs.refuses = () => false;
    const asking = async () => {
      const requests = blobs.count();
      await keyIdsOf(store, others);
      return blobs.count() - requests;
    };
    await asking();
    expect(await asking()).toBeGreaterThan(1);
    expect(await open().erase(user)).toMatchObject({ ok: true, keyIds: [expect.any(String)] });
    await asking();
    expect(await asking()).toBe(1);
  });

  it('empties no memory where there was nothing to erase', async () => {
    const store = open();
    await keyIdsOf(store);
    expect(await open().erase('user:t/nobody')).toEqual({ ok: true, keyIds: [] });
    const requests = blobs.count();
    await keyIdsOf(store);
    expect(blobs.count() - requests).toBe(1);
  });
});
