import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { objectIdOf, peopleOfChat } from '#domain/chat-people.ts';
import type { Ids } from '#ports/ids.ts';
import type { DayKeyPurpose, KeyStore, SubjectKey } from '#ports/key-store.ts';

/** A key store that forgets everything when the process ends: for tests and for what need not outlive the process. */
export function createMemoryKeyStore(deps: { readonly ids?: Pick<Ids, 'random'> } = {}): KeyStore {
  const random = deps.ids?.random ?? randomUUID;
  const tokenKey = randomBytes(32);
  const current = new Map<string, SubjectKey>();
  const byId = new Map<string, SubjectKey>();
  const gone = new Map<string, string[]>();
  const chatsOf = new Map<string, Set<string>>();
  const days = new Map<string, Uint8Array>();
  const destroyedBefore: Record<DayKeyPurpose, string> = { commitment: '', quarantine: '' };
  let closed = false;
  const away = { ok: false, reason: 'unavailable', detail: 'the key store is closed' } as const;

  const keyOf = (subject: string): SubjectKey => {
    const known = current.get(subject);
    if (known !== undefined) return known;
    for (const person of peopleOfChat(subject)) chatsOf.set(person, (chatsOf.get(person) ?? new Set()).add(subject));
    const made = { keyId: random(), key: randomBytes(32) };
    current.set(subject, made);
    byId.set(made.keyId, made);
    return made;
  };

  const eraseOne = (subject: string): readonly string[] => {
    const keyIds = gone.get(subject) ?? [];
    const key = current.get(subject);
    if (key !== undefined) {
      current.delete(subject);
      byId.delete(key.keyId);
      keyIds.push(key.keyId);
      gone.set(subject, keyIds);
    }
    return [...keyIds];
  };

  return {
    id: random(),
    async subjectKeys(subjects) {
      if (closed) return away;
      return { ok: true, keys: subjects.map((subject) => keyOf(subject.toLowerCase())) };
    },
    async find(keyIds) {
      if (closed) return away;
      const keys = new Map<string, Uint8Array>();
      for (const keyId of keyIds) {
        const found = byId.get(keyId);
        if (found !== undefined) keys.set(keyId, found.key);
      }
      return { ok: true, keys };
    },
    async erase(subject) {
      if (closed) return away;
      const canonical = subject.toLowerCase();
      const chats = chatsOf.get(objectIdOf(canonical) ?? '') ?? [];
      return { ok: true, keyIds: [canonical, ...chats].flatMap(eraseOne) };
    },
    async dayKey(purpose, day) {
      if (closed) return away;
      if (day < destroyedBefore[purpose]) return { ok: false, reason: 'destroyed' };
      const name = `${purpose} ${day}`;
      const key = days.get(name) ?? randomBytes(32);
      days.set(name, key);
      return { ok: true, key };
    },
    async destroyDayKeys(purpose, before) {
      if (closed) return away;
      if (before > destroyedBefore[purpose]) destroyedBefore[purpose] = before;
      const old = [...days.keys()].filter((name) => name.startsWith(`${purpose} `) && name < `${purpose} ${before}`);
      for (const name of old) days.delete(name);
      return { ok: true, destroyed: old.length };
    },
    token: (texts) => texts.map((text) => createHmac('sha256', tokenKey).update(text).digest('base64url')),
    async close() {
      closed = true;
    },
  };
}
