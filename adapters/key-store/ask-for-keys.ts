import type { KeyStoreFailure, SubjectKey, SubjectKeysResult } from '#ports/key-store.ts';
import type { KeyCache } from './cache.ts';
import { type Connection, unavailable } from './connection.ts';
import type { KeyDatabase } from './database.ts';
import type { MadeKeys } from './maker.ts';
import { findKey } from './subject-keys.ts';

export interface AskDeps {
  readonly connection: Connection;
  readonly cache: KeyCache;
  /** Reads or makes keys, here or elsewhere. */
  readonly keysOf: (subjects: readonly string[]) => Promise<MadeKeys | KeyStoreFailure>;
}

/** How often the same subjects may be erased while their keys are on their way. */
const mostAttempts = 5;

/**
 * The keys of canonical subjects: from the cache, else made and put there. Keys that were destroyed while they were on their way, by whomever, are asked for
 * again: what is sealed under such a key is lost, and the cache would never be told to give it up.
 */
export async function askForKeys(deps: AskDeps, subjects: readonly string[]): Promise<SubjectKeysResult> {
  const { connection, cache, keysOf } = deps;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const looked = connection.run((database) => look(database, cache, subjects));
    if (!looked.ok) return looked;
    const { epoch, keys } = looked;
    const missing = subjects.filter((subject) => !keys.has(subject));
    const made = missing.length > 0 ? await keysOf(missing) : undefined;
    if (made?.ok === false) return made;
    for (const [subject, key] of made?.keys ?? []) keys.set(subject, key);
    const lasting =
      made === undefined ||
      connection.run((database) => {
        cache.refresh(database);
        // Destroyed were perhaps only keys of others: whoever erases many must not hold up everybody.
        if (cache.epoch() !== epoch && isAnyGone(database, keys.values())) return false;
        for (const [subject, key] of made.keys) cache.keep(key, subject);
        return true;
      });
    if (typeof lasting !== 'boolean') return lasting;
    if (lasting) return { ok: true, keys: subjects.flatMap((subject) => keys.get(subject) ?? []) };
  }
  return unavailable('the keys were destroyed again and again while they were made');
}

function look(database: KeyDatabase, cache: KeyCache, subjects: readonly string[]) {
  cache.refresh(database);
  const keys = new Map<string, SubjectKey>();
  for (const subject of subjects) {
    const key = cache.ofSubject(subject);
    if (key !== undefined) keys.set(subject, key);
  }
  return { ok: true as const, epoch: cache.epoch(), keys };
}

function isAnyGone(database: KeyDatabase, keys: Iterable<SubjectKey>): boolean {
  for (const { keyId } of keys) if (findKey(database, keyId) === undefined) return true;
  return false;
}
