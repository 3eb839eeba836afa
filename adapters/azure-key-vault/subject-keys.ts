import { hmacSha256 } from '#adapters/crypto/secret-key.ts';
import { objectIdOf, peopleOfChat } from '#domain/chat-people.ts';
import type { KeyStoreFailure, SubjectKey } from '#ports/key-store.ts';
import type { Blobs } from './blobs.ts';
import { unavailable } from './destructions.ts';
import { each } from './each.ts';
import { unwrap, wrapNew } from './key-wrap.ts';
import type { Master } from './master.ts';

/*
 * `keys/<key id>` is a wrapped key. `subjects/<keyed hash of the subject>` lists the ids of all keys that a subject ever had, the newest last; it only
 * grows, and each addition is conditional: two processes agree on one key. A key is erased when its blob is gone, whatever the list says.
 * `chats/<keyed hash of a person>/<keyed hash of the subject>` is empty and says that somebody is one of the two in a chat.
 */
const keyBlob = (keyId: string) => `keys/${keyId}`;
const label = (keyId: string) => `subject ${keyId}`;

/** A subject's list as it stands. */
interface History {
  readonly name: string;
  readonly keyIds: readonly string[];
  /** Absent where there is no list yet. */
  readonly etag?: string;
}

export type SubjectKeyResult = { readonly ok: true; readonly key: SubjectKey } | KeyStoreFailure;

/** The key of a canonical subject, made where there is none. It is handed out once it is on record who is in a chat of two. */
export async function subjectKey(master: Master, subject: string, random: () => string): Promise<SubjectKeyResult> {
  const [noted, key] = await Promise.all([notePeople(master, subject), currentKey(master, subject, random)]);
  return noted.ok ? key : noted;
}

async function currentKey(master: Master, subject: string, random: () => string): Promise<SubjectKeyResult> {
  const { blobs } = master;
  for (let tried = 0; tried < 10; tried += 1) {
    const history = await historyOf(master, subjectHash(master, subject));
    if (!history.ok) return history;
    const { name, keyIds, etag } = history.history;
    const newest = keyIds.at(-1);
    if (newest !== undefined) {
      const found = await findKey(master, newest);
      if (!found.ok && found.reason !== 'damaged') return found;
      // Erased or damaged: either way the subject needs a new one.
      if (found.ok && found.key !== undefined) return { ok: true, key: { keyId: newest, key: found.key } };
    }
    const keyId = random();
    const { key, wrapped } = wrapNew(master.derived().wrapping, label(keyId));
    // The key first: what a list names is there.
    const kept = await blobs.create(keyBlob(keyId), wrapped);
    if (!kept.ok) return kept.reason === 'unavailable' ? kept : unavailable('a key id was used before');
    const list = Buffer.from(JSON.stringify([...keyIds, keyId]));
    const listed = etag === undefined ? await blobs.create(name, list) : await blobs.replace(name, list, etag);
    if (listed.ok) return { ok: true, key: { keyId, key } };
    // Another process was first, or nobody knows: the list says which key it is. A key that no list names sealed nothing.
    if (listed.reason === 'unavailable') return listed;
    await blobs.remove(keyBlob(keyId));
  }
  return unavailable('too many processes make a key for one subject at once; repeat it');
}

/** The key with this id, absent when it was erased or never was. A damaged one is a fault of the store, not an erasure. */
export async function findKey(
  { blobs, derived }: Master,
  keyId: string,
): Promise<
  { readonly ok: true; readonly key?: Buffer } | { readonly ok: false; readonly reason: 'damaged' } | KeyStoreFailure
> {
  // Ids come from the log: one that we cannot have made is no part of an address.
  if (!/^[\w-]{1,64}$/.test(keyId)) return { ok: true };
  const got = await blobs.get(keyBlob(keyId));
  if (!got.ok) return got;
  if (got.found !== 'yes') return { ok: true };
  const key = unwrap(derived().wrapping, label(keyId), got.bytes);
  return key === undefined ? { ok: false, reason: 'damaged' } : { ok: true, key };
}

/** Deletes every key of a canonical subject, and of the chats that it is one of two in, and makes sure that they are gone; the ids of all that they ever had. */
export function eraseSubject(master: Master, subject: string): Promise<KeyIds> {
  return forEachHistory(master, subject, async ({ keyIds }) => {
    for (const keyId of keyIds) {
      const removed = await removeForGood(master.blobs, keyBlob(keyId));
      if (!removed.ok) return removed;
    }
    return undefined;
  });
}

/** The ids of all keys that a canonical subject ever had, and the chats that it is one of two in. */
export function keyIdsOf(master: Master, subject: string): Promise<KeyIds> {
  return forEachHistory(master, subject, async () => undefined);
}

type KeyIds = { readonly ok: true; readonly keyIds: readonly string[] } | KeyStoreFailure;

async function forEachHistory(
  master: Master,
  subject: string,
  work: (history: History) => Promise<KeyStoreFailure | undefined>,
): Promise<KeyIds> {
  const chats = await chatsOf(master, subject);
  if (!chats.ok) return chats;
  const done = new Map<string, readonly string[]>();
  const hashes = [subjectHash(master, subject), ...chats.hashes];
  const failed = await each(hashes, async (hash) => {
    const history = await historyOf(master, hash);
    if (!history.ok) return history;
    done.set(hash, history.history.keyIds);
    return work(history.history);
  });
  return failed ?? { ok: true, keyIds: hashes.flatMap((hash) => done.get(hash) ?? []) };
}

/** Notes who is in a chat of two, also where it has a key already: versions before this one noted nothing. */
async function notePeople(master: Master, subject: string): Promise<{ readonly ok: true } | KeyStoreFailure> {
  const names = peopleOfChat(subject).map(
    (objectId) => `${chatsFolder(master, objectId)}${subjectHash(master, subject)}`,
  );
  const kept = await Promise.all(names.map((name) => master.blobs.create(name, new Uint8Array())));
  for (const one of kept) if (!one.ok && one.reason === 'unavailable') return one;
  return { ok: true };
}

async function chatsOf(
  master: Master,
  subject: string,
): Promise<{ readonly ok: true; readonly hashes: readonly string[] } | KeyStoreFailure> {
  const objectId = objectIdOf(subject);
  if (objectId === undefined) return { ok: true, hashes: [] };
  const folder = chatsFolder(master, objectId);
  const listed = await master.blobs.list(folder);
  return listed.ok ? { ok: true, hashes: listed.names.map((name) => name.slice(folder.length)) } : listed;
}

/** Whatever tenant a chat or somebody in it is of: object ids are unique among all. */
function chatsFolder(master: Master, objectId: string): string {
  return `chats/${subjectHash(master, `oid:${objectId}`)}/`;
}

/** Removes a blob and sees that it is gone. */
export async function removeForGood(blobs: Blobs, name: string): Promise<{ readonly ok: true } | KeyStoreFailure> {
  const removed = await blobs.remove(name);
  if (!removed.ok) {
    // A lease, a hold or a policy of immutability: nothing that this program sets.
    return removed.reason === 'unavailable'
      ? removed
      : unavailable('a key cannot be deleted: something holds its blob');
  }
  const left = await blobs.get(name);
  if (!left.ok) return left;
  return left.found === 'no' ? { ok: true } : unavailable('a key was deleted and is still there; repeat it');
}

/** Keyed hash of a subject: it stands in names of blobs. */
export function subjectHash({ derived }: Master, text: string): string {
  return hmacSha256(derived().subjects, text).digest('base64url');
}

/** @param hash of the subject, as {@link subjectHash} makes it */
async function historyOf(
  { blobs }: Master,
  hash: string,
): Promise<{ readonly ok: true; readonly history: History } | KeyStoreFailure> {
  const name = `subjects/${hash}`;
  const got = await blobs.get(name);
  if (!got.ok) return got;
  if (got.found !== 'yes') return { ok: true, history: { name, keyIds: [] } };
  try {
    const list: unknown = JSON.parse(got.bytes.toString());
    if (Array.isArray(list)) return { ok: true, history: { name, keyIds: list.map(String), etag: got.etag } };
  } catch {
    // Said below.
  }
  return unavailable("a subject's list of keys is damaged");
}
