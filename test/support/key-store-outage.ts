import type { KeyStore, KeyStoreFailure } from '#ports/key-store.ts';

/** A key store that answers `unavailable` for as long as `away` is set; tokens go on, since they need no store. */
export type KeyStoreWithOutage = KeyStore & { away: boolean };

export function withOutage(store: KeyStore): KeyStoreWithOutage {
  const failure: KeyStoreFailure = { ok: false, reason: 'unavailable', detail: 'taken away by a test' };
  const made: KeyStoreWithOutage = {
    ...store,
    away: false,
    subjectKeys: async (subjects) => (made.away ? failure : store.subjectKeys(subjects)),
    find: async (keyIds) => (made.away ? failure : store.find(keyIds)),
    erase: async (subject) => (made.away ? failure : store.erase(subject)),
    dayKey: async (purpose, day) => (made.away ? failure : store.dayKey(purpose, day)),
    destroyDayKeys: async (purpose, before) => (made.away ? failure : store.destroyDayKeys(purpose, before)),
  };
  return made;
}
