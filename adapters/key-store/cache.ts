import { LRUCache } from 'lru-cache';
import type { SubjectKey } from '#ports/key-store.ts';
import type { KeyDatabase } from './database.ts';

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
  const bySubject = new LRUCache<string, SubjectKey>({ max: limit });
  const byId = new LRUCache<string, Uint8Array>({ max: limit });
  const byDay = new LRUCache<string, Uint8Array>({ max: 16 });
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
    ofSubject: (subject) => bySubject.get(subject),
    ofId: (keyId) => byId.get(keyId),
    ofDay: (name) => byDay.get(name),
    keep(key, subject) {
      byId.set(key.keyId, key.key);
      if (subject !== undefined) bySubject.set(subject, key);
    },
    keepDay: (name, key) => void byDay.set(name, key),
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
