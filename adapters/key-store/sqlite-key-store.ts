import { randomUUID } from 'node:crypto';
import { hmacSha256 } from '#adapters/crypto/secret-key.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore, KeyStoreFailure } from '#ports/key-store.ts';
import { askForKeys } from './ask-for-keys.ts';
import { countDestruction, createKeyCache } from './cache.ts';
import { connect, unavailable } from './connection.ts';
import type { KeyDatabase } from './database.ts';
import { dayKey, destroyDays } from './day-keys.ts';
import { dayKeyLabel } from './key-wrap.ts';
import { createKeyMaker, type MadeKeys } from './maker.ts';
import { eraseSubject, findKey, subjectKeys } from './subject-keys.ts';

export interface SqliteKeyStoreDeps {
  /** Database that several processes share; made where there is none. */
  readonly file: string;
  /** 32 random bytes, mode 0600; made together with a new database and never without one. */
  readonly masterKeyFile: string;
  /** Makes key ids; random UUIDs without it. */
  readonly ids?: Pick<Ids, 'random'>;
  /** Most keys that are kept unwrapped in memory (default 10,000). */
  readonly cachedKeys?: number;
  /** Milliseconds to wait for another process's write before the answer is `unavailable` (default 2,000). */
  readonly busyTimeoutMs?: number;
  /** Makes keys of subjects in a thread of its own, for a process that must not wait for the disk. Their ids are random UUIDs then. */
  readonly ownThread?: true;
}

/**
 * A key store in one SQLite file that several processes share. It works on the calling thread, but for new keys where it has a thread for them: one commit
 * per call, however many keys it makes.
 * Keys are wrapped with AES-256-GCM under a key derived from the master key; subjects stand there as keyed hashes only.
 *
 * Erasing leaves a tombstone, so that repeating it answers the same ids, and empties the write-ahead log: when it answers, no file
 * holds the key's bytes any more.
 * @throws {KeyStoreSetupError} when the master key is exposed, missing, malformed or not the one of these keys, or the file cannot be opened
 */
export async function createSqliteKeyStore(deps: SqliteKeyStoreDeps): Promise<KeyStore> {
  const { file, masterKeyFile, busyTimeoutMs = 2_000, cachedKeys = 10_000 } = deps;
  const random = deps.ids?.random ?? randomUUID;
  const cache = createKeyCache(cachedKeys);
  const connection = connect({ file, masterKeyFile, busyTimeoutMs, random }, cache.forget);
  const { tokens } = connection.derived;
  const maker =
    deps.ownThread === true ? createKeyMaker({ file, masterKeyFile, busyTimeoutMs, id: connection.id }) : undefined;

  const keysOf = async (subjects: readonly string[]): Promise<MadeKeys | KeyStoreFailure> =>
    maker?.keysOf(subjects) ??
    connection.run((database) => ({ ok: true, keys: subjectKeys(database, subjects, random) }));

  /** Destroys keys in one transaction, then makes their bytes vanish from the write-ahead log too. */
  const destroy = <T>(database: KeyDatabase, work: () => T): T | KeyStoreFailure => {
    const result = database.immediately(() => {
      const done = work();
      countDestruction(database);
      return done;
    });
    cache.forget();
    const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    return checkpoint?.['busy'] === 0
      ? result
      : unavailable('destroyed, but traces remain while another process reads; repeat it');
  };

  return {
    id: connection.id,

    subjectKeys: (subjects) =>
      askForKeys(
        { connection, cache, keysOf },
        subjects.map((subject) => subject.toLowerCase()),
      ),

    async find(keyIds) {
      return connection.run((database) => {
        cache.refresh(database);
        const keys = new Map<string, Uint8Array>();
        for (const keyId of keyIds) {
          const key = cache.ofId(keyId) ?? findKey(database, keyId);
          if (key === undefined) continue;
          cache.keep({ keyId, key });
          keys.set(keyId, key);
        }
        return { ok: true, keys };
      });
    },

    async erase(subject) {
      return connection.run((database) => {
        const keyIds = destroy(database, () => eraseSubject(database, subject.toLowerCase()));
        return 'reason' in keyIds ? keyIds : { ok: true, keyIds };
      });
    },

    async dayKey(purpose, day) {
      return connection.run((database) => {
        cache.refresh(database);
        const name = dayKeyLabel(purpose, day);
        const key = cache.ofDay(name) ?? dayKey(database, purpose, day);
        if (key === undefined) return { ok: false, reason: 'destroyed' };
        cache.keepDay(name, key);
        return { ok: true, key };
      });
    },

    async destroyDayKeys(purpose, before) {
      return connection.run((database) => {
        const destroyed = destroy(database, () => destroyDays(database, purpose, before));
        return typeof destroyed === 'number' ? { ok: true, destroyed } : destroyed;
      });
    },

    token: (texts) => texts.map((text) => hmacSha256(tokens, text).digest('base64url')),

    async close() {
      await maker?.close();
      connection.close();
    },
  };
}
