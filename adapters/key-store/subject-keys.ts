import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '#adapters/crypto/secret-key.ts';
import { objectIdOf, peopleOfChat } from '#domain/chat-people.ts';
import type { SubjectKey } from '#ports/key-store.ts';
import { type KeyDatabase, wrappedBytes } from './database.ts';
import { materialBytes, subjectKeyLabel, unwrap, wrapNew } from './key-wrap.ts';

/**
 * The keys of canonical subjects, made where there are none; one commit for all. The write lock is taken only when one has to be made.
 */
export function subjectKeys(
  database: KeyDatabase,
  subjects: readonly string[],
  random: () => string,
): ReadonlyMap<string, SubjectKey> {
  const keys = new Map<string, SubjectKey>();
  const version = database.version();
  const missing: { readonly subject: string; readonly hash: Buffer }[] = [];
  const chats: ChatOfPerson[] = [];
  for (const subject of new Set(subjects)) {
    const hash = hashOf(database, subject);
    const key = read(database, hash);
    if (key === undefined) missing.push({ subject, hash });
    else keys.set(subject, key);
    chats.push(...notYetNoted(database, subject, hash));
  }
  if (missing.length === 0 && chats.length === 0) return keys;
  const material = randomBytes(materialBytes * missing.length);
  database.immediately(() => {
    // Another process may have made some of them since.
    const changed = database.version() !== version;
    missing.forEach(({ subject, hash }, index) => {
      const made = changed ? read(database, hash) : undefined;
      const own = material.subarray(index * materialBytes, (index + 1) * materialBytes);
      keys.set(subject, made ?? make(database, hash, random(), own));
    });
    const note = database.prepare('INSERT OR IGNORE INTO chats_of_people (person, chat) VALUES (?, ?)');
    for (const { person, chat } of chats) note.run(person, chat);
  });
  return keys;
}

/** The key with this id; undefined when it was erased or never was. A damaged one is a fault of the store, not an erasure. */
export function findKey({ prepare, derived }: KeyDatabase, keyId: string): Buffer | undefined {
  const row = prepare('SELECT wrapped FROM subject_keys WHERE key_id = ?').get(keyId);
  if (row === undefined) return undefined;
  const wrapped = row['wrapped'] as Uint8Array;
  if (wrapped.every((byte) => byte === 0)) return undefined;
  const key = unwrap(derived.wrapping, subjectKeyLabel(keyId), wrapped);
  if (key === undefined) throw new Error(`key ${keyId} is damaged in the key store`);
  return key;
}

/** Overwrites every key of a subject, and of the chats that it is one of two in; returns the ids of all that they ever had. Must run in a transaction. */
export function eraseSubject(database: KeyDatabase, subject: string): readonly string[] {
  return [hashOf(database, subject), ...chatsOf(database, subject)].flatMap((hash) => {
    const rows = database.prepare('SELECT key_id FROM subject_keys WHERE subject = ? ORDER BY row').all(hash);
    database.prepare('UPDATE subject_keys SET wrapped = zeroblob(?) WHERE subject = ?').run(wrappedBytes, hash);
    return rows.map((row) => row['key_id'] as string);
  });
}

/** That somebody is one of the two in a chat, both as keyed hashes. */
interface ChatOfPerson {
  readonly person: Buffer;
  readonly chat: Buffer;
}

/** Who is in a chat of two, unless the store knows it. Asked also of chats that have a key: versions before this one noted nothing. */
function notYetNoted(database: KeyDatabase, subject: string, chat: Buffer): readonly ChatOfPerson[] {
  const known = database.prepare('SELECT 1 FROM chats_of_people WHERE person = ? AND chat = ?');
  return peopleOfChat(subject)
    .map((objectId) => ({ person: hashOfPerson(database, objectId), chat }))
    .filter(({ person }) => known.get(person, chat) === undefined);
}

function chatsOf(database: KeyDatabase, subject: string): readonly Uint8Array[] {
  const objectId = objectIdOf(subject);
  if (objectId === undefined) return [];
  const rows = database
    .prepare('SELECT chat FROM chats_of_people WHERE person = ?')
    .all(hashOfPerson(database, objectId));
  return rows.map((row) => row['chat'] as Uint8Array);
}

/** Whatever tenant a chat or somebody in it is of: object ids are unique among all. */
function hashOfPerson({ derived }: KeyDatabase, objectId: string): Buffer {
  return hmacSha256(derived.subjects, `oid:${objectId}`).digest();
}

function read({ prepare, derived }: KeyDatabase, hash: Buffer): SubjectKey | undefined {
  const row = prepare('SELECT key_id, wrapped FROM subject_keys WHERE subject = ? ORDER BY row DESC LIMIT 1').get(hash);
  if (row === undefined) return undefined;
  const keyId = row['key_id'] as string;
  // A tombstone does not unwrap, nor does a damaged key: either way the subject needs a new one.
  const key = unwrap(derived.wrapping, subjectKeyLabel(keyId), row['wrapped'] as Uint8Array);
  return key === undefined ? undefined : { keyId, key };
}

function make({ prepare, derived }: KeyDatabase, hash: Buffer, keyId: string, material: Buffer): SubjectKey {
  const { key, wrapped } = wrapNew(derived.wrapping, subjectKeyLabel(keyId), material);
  prepare('INSERT INTO subject_keys (key_id, subject, wrapped) VALUES (?, ?, ?)').run(keyId, hash, wrapped);
  return { keyId, key };
}

function hashOf({ derived }: KeyDatabase, subject: string): Buffer {
  return hmacSha256(derived.subjects, subject).digest();
}
