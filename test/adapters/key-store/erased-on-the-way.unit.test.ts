import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSqliteKeyStore, type SqliteKeyStoreDeps } from '#adapters/key-store/sqlite-key-store.ts';
import type { KeyStore, SubjectKeysResult } from '#ports/key-store.ts';
import { temporaryPlace } from './place.ts';

const person = '7a0e0000-0000-4000-8000-000000000001';
const user = `user:t/${person}`;
const chat = `chat:t/19:${person}_7a0e0000-0000-4000-8000-000000000002@unq.gbl.spaces`;

/** A store, another one on the same file, and a look into that file. */
async function setUp(options: Partial<SqliteKeyStoreDeps> = {}) {
  const place = temporaryPlace();
  const store = await createSqliteKeyStore({ ...place, ...options });
  const other = await createSqliteKeyStore(place);
  const reader = new DatabaseSync(place.file, { readOnly: true });
  onTestFinished(async () => {
    reader.close();
    await store.close();
    await other.close();
    place.remove();
  });
  // Starts the thread too.
  await store.subjectKeys(['number:1']);
  const count = () => reader.prepare('SELECT count(*) AS made FROM subject_keys').get()?.['made'];
  return {
    store,
    other,
    /** Holds this thread until the other one has made as many keys: its answer is on the way then. */
    holdUntilMade(made: number) {
      const sleeper = new Int32Array(new SharedArrayBuffer(4));
      for (let waited = 0; count() !== made; waited += 1) {
        if (waited > 10_000) throw new Error('no key was made');
        Atomics.wait(sleeper, 0, 0, 1);
      }
    },
    /** Of the keys in an answer, those that the other store does not know. */
    async lost(answer: SubjectKeysResult) {
      if (!answer.ok) throw new Error(answer.detail);
      const ids = answer.keys.map(({ keyId }) => keyId);
      const found = await other.find(ids);
      return ids.filter((id) => !found.ok || !found.keys.has(id));
    },
  };
}
type SetUp = Awaited<ReturnType<typeof setUp>>;

describe('a key that is erased before the answer of the thread that made it is here', () => {
  const subjects = [
    ['of somebody', user],
    ['of a chat of somebody and one other', chat],
  ] as const;
  const erasers = [
    ['in this process', ({ store }: SetUp) => store],
    ['by another process', ({ other }: SetUp) => other],
  ] as const;
  const cases = subjects.flatMap(([of, subject]) => erasers.map(([by, eraser]) => [of, by, subject, eraser] as const));

  it.each(cases)('%s, %s, seals nothing, then or later', async (_of, _by, subject, eraser) => {
    const stores = await setUp({ ownThread: true });
    const { store, lost, holdUntilMade } = stores;
    const asked = store.subjectKeys([subject]);
    holdUntilMade(2);
    const erased = eraser(stores).erase(user);
    const refreshed = store.find([]);
    const now = await asked;
    expect(await erased).toMatchObject({ ok: true, keyIds: [expect.any(String)] });
    await refreshed;
    expect(await lost(now)).toEqual([]);
    const later = await store.subjectKeys([subject]);
    expect(await lost(later)).toEqual([]);
    expect(later).toEqual(now);
  });

  it('seals nothing either where another process erased it and nobody here has noticed', async () => {
    const { store, other, lost, holdUntilMade } = await setUp({ ownThread: true });
    const asked = store.subjectKeys([user]);
    holdUntilMade(2);
    void other.erase(user);
    expect(await lost(await asked)).toEqual([]);
  });

  it('is not found in this process either', async () => {
    const { store, holdUntilMade } = await setUp({ ownThread: true });
    const asked = store.subjectKeys([user]);
    holdUntilMade(2);
    const [erased] = await Promise.all([store.erase(user), store.find([]), asked]);
    const keyIds = erased.ok ? erased.keyIds : [];
    expect(keyIds).toHaveLength(1);
    expect(await store.find(keyIds)).toEqual({ ok: true, keys: new Map() });
  });
});

it('does not answer a key from the cache that was erased while another one was made', async () => {
  const { store, lost, holdUntilMade } = await setUp({ ownThread: true });
  await store.subjectKeys([user]);
  const asked = store.subjectKeys([user, 'number:2']);
  holdUntilMade(3);
  await store.erase(user);
  expect(await lost(await asked)).toEqual([]);
});

describe('without a thread for keys', () => {
  it('does not answer a key that was erased in the same turn', async () => {
    const { store, lost } = await setUp();
    const asked = store.subjectKeys([user]);
    await store.erase(user);
    expect(await lost(await asked)).toEqual([]);
  });

  /** Asks for the key of somebody while a subject is erased again and again. */
  const askWhileErasing = async (store: KeyStore, subject: string) => {
    let answered = false;
    const erasing = (async () => {
      while (!answered) await store.erase(subject);
    })();
    const answer = await store.subjectKeys([user]);
    answered = true;
    await erasing;
    return answer;
  };

  it('gives up where somebody is erased again and again, and leaves nothing of it in the cache', async () => {
    const { store, lost } = await setUp();
    expect(await askWhileErasing(store, user)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await lost(await store.subjectKeys([user]))).toEqual([]);
  });

  it('keeps nobody waiting for the erasure of others', async () => {
    const { store, lost } = await setUp();
    expect(await lost(await askWhileErasing(store, 'number:1'))).toEqual([]);
  });
});
