import { LRUCache } from 'lru-cache';
import type { SubjectKey } from '#ports/key-store.ts';
import type { Destroyed } from './destructions.ts';

/** Unwrapped keys in memory, given up as soon as any process destroyed one. */
export interface KeyCache {
  /**
   * Empties it unless it was filled under this etag, and not too long ago. What was begun under an earlier one is no longer taken in: it may have been
   * destroyed since. While something is being erased nothing is kept at all.
   */
  renew(destroyed: Pick<Destroyed, 'etag' | 'erasing'>): void;
  ofSubject(subject: string): SubjectKey | undefined;
  /** `gone` for an id that has no key: ids are never used again. */
  ofId(keyId: string): Uint8Array | 'gone' | undefined;
  ofDay(name: string): Uint8Array | undefined;
  /** @param etag what held when the key was looked for */
  keep(etag: string, key: SubjectKey, subject?: string): void;
  keepGone(keyId: string): void;
  keepDay(etag: string, name: string, key: Uint8Array): void;
}

/** What a version before this one deleted, which announced nothing beforehand, is noticed by then. */
const longestMs = 600_000;

/** @param limit most keys of each kind */
export function createKeyCache(limit: number, monotonic: () => number): KeyCache {
  const bySubject = new LRUCache<string, SubjectKey>({ max: limit });
  const byId = new LRUCache<string, Uint8Array>({ max: limit });
  const gone = new LRUCache<string, true>({ max: limit });
  const byDay = new LRUCache<string, Uint8Array>({ max: 16 });
  let current = '';
  let since = 0;
  return {
    renew({ etag, erasing }) {
      if (etag === current && monotonic() - since < longestMs) return;
      for (const each of [bySubject, byId, byDay]) each.clear();
      current = erasing.length === 0 ? etag : '';
      since = monotonic();
    },
    ofSubject: (subject) => bySubject.get(subject),
    ofId: (keyId) => byId.get(keyId) ?? (gone.get(keyId) === true ? 'gone' : undefined),
    ofDay: (name) => byDay.get(name),
    keep(etag, key, subject) {
      if (etag !== current) return;
      byId.set(key.keyId, key.key);
      if (subject !== undefined) bySubject.set(subject, key);
    },
    keepGone: (keyId) => void gone.set(keyId, true),
    keepDay(etag, name, key) {
      if (etag === current) byDay.set(name, key);
    },
  };
}
