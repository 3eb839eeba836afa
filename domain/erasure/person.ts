import { callerKeysOf, type Person, subjectOf } from '#domain/notices/persons.ts';

/** A notice of a call as far as it tells who called. */
export interface SeenNotice {
  /** Of the stored event. */
  readonly id: string;
  /** The emergency that it belongs to. */
  readonly emergencyId: string;
  /** Keyed hashes of all that it names the caller by; they stay when values are erased. */
  readonly tokens: readonly string[];
  /** What of it can be read. */
  readonly person: Person;
  /** Tenants that the caller may be of. */
  readonly tenants: readonly string[];
  /** A chat whose id holds the ids of those who talk: canonical subject. */
  readonly chat?: string;
}

/**
 * Of the notices of one call those that are about whoever is known by these tokens: they name that person, or share a name of any kind with one that does (the feeds know people by different
 * ids, and by the same display name), or name nobody at all. What somebody else said about the call is somebody else's.
 */
export function noticesOf(call: readonly SeenNotice[], known: ReadonlySet<string>): readonly SeenNotice[] {
  const tokens = new Set(known);
  const found = new Set<SeenNotice>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const notice of call) {
      if (found.has(notice) || !notice.tokens.some((token) => tokens.has(token))) continue;
      found.add(notice);
      for (const token of notice.tokens) tokens.add(token);
    }
  }
  return found.size === 0 ? [] : call.filter((notice) => found.has(notice) || notice.tokens.length === 0);
}

/** What tells one person from all others: an object id, a UPN. */
export function ownKeysOf(person: Person): readonly string[] {
  return callerKeysOf(person).filter((key) => key.startsWith('oid:') || key.startsWith('upn:'));
}

/** The telephone numbers among what a person is known by; several may use one. */
export function numberKeysOf(person: Person): readonly string[] {
  return callerKeysOf(person).filter((key) => key.startsWith('number:'));
}

/** True when these notices are of more than one person, as far as they tell. */
export function areSeveral(groups: readonly (readonly SeenNotice[])[]): boolean {
  let people: Set<string>[] = [];
  for (const group of groups) {
    const own = new Set(group.flatMap(({ person }) => ownKeysOf(person)));
    if (own.size === 0) continue;
    const same = people.filter((other) => [...own].some((key) => other.has(key)));
    people = [
      ...people.filter((other) => !same.includes(other)),
      new Set([...own, ...same.flatMap((each) => [...each])]),
    ];
  }
  return people.length > 1;
}

/**
 * Every subject (ports/key-store.ts) under which values of that person may be sealed: by each of the names, and by each notice, for those that named nobody.
 * @param keys `oid:…`, `upn:…`, `number:…`
 */
export function subjectsOf(
  keys: Iterable<string>,
  notices: readonly SeenNotice[],
  tenants: readonly string[],
): readonly string[] {
  const subjects = new Set<string>();
  for (const key of keys) {
    const [kind, ...rest] = key.split(':');
    const value = rest.join(':');
    if (kind === 'upn') subjects.add(subjectOf({ upn: value }, ''));
    if (kind === 'number') subjects.add(subjectOf({ number: value }, ''));
    if (kind !== 'oid') continue;
    const all = [...tenants, ...notices.flatMap((notice) => notice.tenants)];
    for (const tenantId of new Set(all)) subjects.add(subjectOf({ objectId: value, tenantId }, ''));
    for (const { chat } of notices) if (chat?.includes(value) === true) subjects.add(chat);
  }
  for (const { id } of notices) subjects.add(subjectOf({}, id));
  return [...subjects].sort();
}
