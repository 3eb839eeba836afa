import type { ErasureExtent } from '#domain/erasure/events.ts';
import { areSeveral, noticesOf, numberKeysOf, ownKeysOf, type SeenNotice, subjectsOf } from '#domain/erasure/person.ts';
import { emergencyIdOfStream } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import { callIn, type StoredNotice, seenIn } from '#processor/erasure/seen.ts';

export interface FindDeps {
  /** Stored events that name whoever has that token, and all of an emergency: its stream and the notices behind it. */
  readonly naming: (callerToken: string) => AsyncIterable<StoredNotice>;
  readonly story: (emergencyId: string) => Promise<readonly StoredNotice[]>;
  readonly sealer: Pick<Sealer, 'unseal'>;
  readonly keyStore: Pick<KeyStore, 'token'>;
  /** The tenants whose people are known without a call, too. */
  readonly tenants: readonly string[];
}

/** Everything that an erasure takes. */
export interface FoundPerson {
  readonly ok: true;
  readonly extent: ErasureExtent;
  readonly sharedNumbers: number;
  /** In the clear: for the key store alone. */
  readonly subjects: readonly string[];
  readonly callerTokens: readonly string[];
  /** The CloudEvents of the notices, sealed. */
  readonly notices: readonly JsonObject[];
}

export type FindResult =
  | FoundPerson
  | { readonly ok: false; readonly reason: 'refused' | 'unavailable'; readonly detail: string };

/**
 * Finds by one name of a person (a key as `callerKeyOf` makes it) the others, as calls told them together: object ids, UPNs, numbers. A number that somebody else called with as well is
 * nobody's alone and is left, unless it is what was asked for. Display names are never followed from one call to another: two people may have one.
 */
export async function findPerson(deps: FindDeps, key: string): Promise<FindResult> {
  if (key.startsWith('name:'))
    return refused('a display name may be that of two people: give an object id, a UPN or a number');
  const tokenOf = (each: string) => deps.keyStore.token([each])[0] ?? '';
  const calls = new Map<string, readonly SeenNotice[]>();
  const stored = new Map<string, JsonObject>();
  let away: string | undefined;

  async function callsNaming(token: string): Promise<readonly (readonly SeenNotice[])[]> {
    const ids = new Set<string>();
    for await (const { stream } of deps.naming(token)) {
      const id = emergencyIdOfStream(stream);
      if (id !== undefined) ids.add(id);
    }
    for (const id of ids) {
      if (calls.has(id)) continue;
      const story = await deps.story(id);
      const seen = await seenIn(deps.sealer, id, story);
      if (!seen.ok) away = seen.detail;
      calls.set(id, seen.ok ? seen.notices : []);
      for (const event of story) if (callIn(event.data) !== undefined) stored.set(event.id, event.data);
    }
    return [...ids].map((id) => calls.get(id) ?? []);
  }

  const keys = new Set([key]);
  const notices = new Map<string, SeenNotice>();
  const shared = new Set<string>();
  const numbers = new Set<string>();
  const tokens = () => new Set([...keys].map(tokenOf));
  const add = (found: readonly SeenNotice[]): string[] => {
    const fresh: string[] = [];
    for (const notice of found) {
      notices.set(notice.id, notice);
      for (const own of ownKeysOf(notice.person)) if (!keys.has(own)) fresh.push(own);
      for (const number of numberKeysOf(notice.person)) if (!keys.has(number)) numbers.add(number);
    }
    for (const own of fresh) keys.add(own);
    return fresh;
  };
  /** The calls of what is certain first: only then it can be told whose a number is. */
  async function follow(first: readonly string[]): Promise<void> {
    for (const queue = [...first]; queue.length > 0; ) {
      const next = queue.shift() ?? '';
      for (const call of await callsNaming(tokenOf(next))) queue.push(...add(noticesOf(call, tokens())));
    }
  }

  if (key.startsWith('number:')) {
    const groups = (await callsNaming(tokenOf(key))).map((call) => noticesOf(call, tokens()));
    if (areSeveral(groups)) return refused('several people called with this number: give an object id or a UPN');
  }
  await follow([key]);
  for (let [number] = numbers; number !== undefined; [number] = numbers) {
    numbers.delete(number);
    const only = new Set([tokenOf(number)]);
    const groups = (await callsNaming(tokenOf(number))).map((call) => noticesOf(call, only));
    const isOurs = (group: readonly SeenNotice[]) => {
      const own = group.flatMap(({ person }) => ownKeysOf(person));
      return own.length === 0 || own.some((each) => keys.has(each));
    };
    if (shared.has(number) || keys.has(number)) continue;
    if (!groups.every(isOurs)) shared.add(number);
    else {
      keys.add(number);
      await follow([number]);
    }
  }
  if (away !== undefined) return { ok: false, reason: 'unavailable', detail: away };
  const all = [...notices.values()];
  const many = (prefix: string) => [...keys].filter((each) => each.startsWith(prefix)).length;
  return {
    ok: true,
    extent: {
      ...{ objectIds: many('oid:'), upns: many('upn:'), numbers: many('number:') },
      emergencies: new Set(all.map(({ emergencyId }) => emergencyId)).size,
      notices: all.length,
    },
    sharedNumbers: shared.size,
    subjects: subjectsOf(keys, all, deps.tenants),
    callerTokens: [...tokens()].sort(),
    notices: all.map(({ id }) => stored.get(id)).filter((data) => data !== undefined),
  };
}

function refused(detail: string): FindResult {
  return { ok: false, reason: 'refused', detail };
}
