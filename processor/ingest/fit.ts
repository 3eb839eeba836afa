import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { sha256 } from '#kernel/sha256.ts';
import type { NewEvent } from '#ports/event-log.ts';

/** Largest event that is stored: below the server's limit of 1 MiB for a whole append (servers before 25.1), with room for what the server adds. */
export const maxEventBytes = 900 * 1024;

/** True when an event fits, without looking closely at one that is far from the bound: one UTF-16 unit needs three bytes of UTF-8 at most. */
export function fits(text: string, bound = maxEventBytes): boolean {
  return text.length * 3 <= bound || Buffer.byteLength(text, 'utf8') <= bound;
}

/** An event's data without what was too long in it, and the JSON pointers of that, without their slash. */
export interface Cut {
  readonly data: JsonObject;
  readonly members: readonly string[];
}

/** Room for what says that something was cut. */
const reserved = 4096;
/** Longest text or box that stays, characters; each time less, until it fits. The last one leaves what names and locates a call. */
const bounds = [16_384, 1024, 256];

/** What stays of an event's data that is too large: the call itself; first goes what it was taken from, then what else is too long in it. */
export function cutData(data: JsonObject): Cut {
  const { content, ...rest } = data;
  let cut: Cut = { data: rest, members: content === undefined ? [] : ['content'] };
  const first = cut.members;
  for (const bound of bounds) {
    if (fits(JSON.stringify(cut.data), maxEventBytes - reserved)) break;
    cut = withoutLong(rest, bound, first);
  }
  return cut;
}

/** What the members were that were cut, taken from the same data in the clear: what the commitment is made of. */
export function textOfCut(plain: JsonObject, { members }: Cut): string {
  if (members.length === 1 && members[0] === 'content') return JSON.stringify(plain['content'] ?? null);
  return JSON.stringify(members.map((path) => [path, at(plain, path) ?? null]));
}

/** Each time less of an event: for a log that takes less than we know. */
const leastBounds = [4096, 256, 64];

/**
 * The event as small as it can be without losing the call, for a log that refused it: ever less stays of what is sealed, with a hash of all that was to be stored.
 * Values are sealed already, so nobody can guess what the hash is of.
 */
export function* smallerEvents({ id, type, data: cloudEvent, metadata }: NewEvent): Generator<NewEvent> {
  const whole = cloudEvent['data'];
  if (!isJsonObject(whole)) return;
  const text = JSON.stringify(whole);
  for (const bound of leastBounds) {
    const { data, members } = withoutLong(whole, bound, []);
    if (members.length === 0) continue;
    const cutToStore = { bytes: text.length, members, hash: { algorithm: 'SHA-256', value: sha256(text) } };
    yield { id, type, metadata, data: { ...cloudEvent, data: { ...data, cutToStore } } };
  }
}

function withoutLong(data: JsonObject, bound: number, before: readonly string[]): Cut {
  const members = [...before];
  return { data: (shortened(data, bound, '', members) ?? {}) as JsonObject, members };
}

function shortened(value: Json, bound: number, path: string, cut: string[]): Json | undefined {
  const isLong = (text: unknown) => typeof text === 'string' && text.length > bound;
  // What is sealed (a value, a quarantine) goes as a whole: a box alone says nothing.
  if (isLong(value) || (isJsonObject(value) && isLong(value['box']))) {
    cut.push(path);
    return undefined;
  }
  const name = (key: string | number) => (path === '' ? String(key) : `${path}/${key}`);
  if (Array.isArray(value))
    return value.flatMap((each, index) => shortened(each, bound, name(index), cut) ?? []) as Json[];
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([key, each]) => {
    const short = each === undefined ? undefined : shortened(each, bound, name(key), cut);
    return short === undefined ? [] : [[key, short] as const];
  });
  return Object.fromEntries(kept);
}

function at(of: unknown, path: string): Json | undefined {
  let value = of;
  for (const name of path.split('/'))
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value as Json | undefined;
}
