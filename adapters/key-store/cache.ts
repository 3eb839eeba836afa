import type { SubjectKey } from '#ports/key-store.ts';
import type { KeyDatabase } from './database.ts';
import { createLru } from './lru.ts';

/** Unwrapped keys in memory, given up as soon as any process destroyed one. */
export interface KeyCache {
  /** To be called before anything is taken from the cache: empties it when keys were destroyed meanwhile, by whomever. */
  refresh(database: KeyDatabase): void;
  /** Another number after every time that it was emptied: what was looked for before that may have been destroyed since. */
  epoch(): number;
  ofSubject(subject: string): SubjectKey | undefined;
  ofId(keyId: string): Uint8Array | undefined;
  ofDay(name: string): Uint8Array | undefined;
  keep(key: SubjectKey, subject?: string): void;
  keepDay(name: string, key: Uint8Array): void;
  forget(): void;
}

/** @param limit most keys that are kept */
export function createKeyCache(limit: number): KeyCache {
  const bySubject = createLru<SubjectKey>(limit);
  const byId = createLru<Uint8Array>(limit);
  const byDay = createLru<Uint8Array>(16);
  let dataVersion: unknown;
  let destructions: unknown;
  let epoch = 0;

  const forget = () => {
    epoch += 1;
    bySubject.clear();
    byId.clear();
    byDay.clear();
    dataVersion = undefined;
    destructions = undefined;
  };

  return {
    refresh(database) {
      // Most commits of others only make keys, which leaves the cache true.
      const version = database.version();
      if (version === dataVersion) return;
      const count = destructionsOf(database);
      if (count !== destructions) forget();
      dataVersion = version;
      destructions = count;
    },
    epoch: () => epoch,
    ofSubject: bySubject.get,
    ofId: byId.get,
    ofDay: byDay.get,
    keep(key, subject) {
      byId.set(key.keyId, key.key);
      if (subject !== undefined) bySubject.set(subject, key);
    },
    keepDay: byDay.set,
    forget,
  };
}

/** Tells the caches of all processes that keys were destroyed. Must run in the transaction that destroys them. */
export function countDestruction({ prepare }: KeyDatabase): void {
  prepare(
    "INSERT INTO meta (name, value) VALUES ('destructions', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
  ).run();
}

function destructionsOf({ prepare }: KeyDatabase): unknown {
  return prepare("SELECT value FROM meta WHERE name = 'destructions'").get()?.['value'] ?? 0;
}
