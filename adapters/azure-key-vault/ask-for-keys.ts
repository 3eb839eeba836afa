import type { KeyStoreFailure, SubjectKey, SubjectKeysResult } from '#ports/key-store.ts';
import type { KeyCache } from './cache.ts';
import { type Destructions, unavailable } from './destructions.ts';
import { each } from './each.ts';
import type { Master } from './master.ts';
import { findKey, subjectKey } from './subject-keys.ts';

export interface AskDeps {
  readonly master: Master;
  readonly cache: KeyCache;
  /** What is destroyed now; the cache holds nothing else afterwards. */
  readonly current: Destructions['refresh'];
  /** Makes key ids. */
  readonly random: () => string;
}

/** How often the same subjects may be erased while their keys are on their way. */
const mostAttempts = 5;

/**
 * The keys of canonical subjects: from the cache, else read or made and put there. Keys that were destroyed while they were on their way, by whomever, are
 * asked for again: what is sealed under such a key is lost.
 */
export async function askForKeys(deps: AskDeps, subjects: readonly string[]): Promise<SubjectKeysResult> {
  const { cache, current } = deps;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const before = await current();
    if (!before.ok) return before;
    const keys = new Map<string, SubjectKey>();
    for (const subject of subjects) {
      const key = cache.ofSubject(subject);
      if (key !== undefined) keys.set(subject, key);
    }
    const answer = () => ({ ok: true as const, keys: subjects.flatMap((subject) => keys.get(subject) ?? []) });
    const missing = [...new Set(subjects)].filter((subject) => !keys.has(subject));
    if (missing.length === 0) return answer();
    const failed = await fetchKeys(deps, missing, keys);
    if (failed !== undefined) return failed;
    const after = await current();
    if (!after.ok) return after;
    const { etag } = after.destroyed;
    // Destroyed were perhaps only keys of others: whoever erases many must not hold up everybody.
    const gone = etag === before.destroyed.etag ? false : await isAnyGone(deps.master, [...keys.values()]);
    if (typeof gone !== 'boolean') return gone;
    if (gone) continue;
    for (const [subject, key] of keys) cache.keep(etag, key, subject);
    return answer();
  }
  return unavailable('the keys were destroyed again and again while they were made');
}

function fetchKeys(
  { master, random }: AskDeps,
  subjects: readonly string[],
  keys: Map<string, SubjectKey>,
): Promise<KeyStoreFailure | undefined> {
  return each(subjects, async (subject) => {
    const made = await subjectKey(master, subject, random);
    if (!made.ok) return made;
    keys.set(subject, made.key);
    return undefined;
  });
}

async function isAnyGone(master: Master, keys: readonly SubjectKey[]): Promise<boolean | KeyStoreFailure> {
  let gone = false;
  const failed = await each(
    keys.map(({ keyId }) => keyId),
    async (keyId) => {
      const found = await findKey(master, keyId);
      // One that was damaged since is asked for again, and replaced.
      if (!found.ok && found.reason !== 'damaged') return found;
      if (!found.ok || found.key === undefined) gone = true;
      return undefined;
    },
  );
  return failed ?? gone;
}
