import { isSealed, pointerStep, type SealedValue } from '#domain/personal.ts';
import type { Json } from '#kernel/json.ts';
import type { FindKeysResult } from '#ports/key-store.ts';
import { openBox } from './aes-gcm.ts';
import { setMember } from './personal-values.ts';

/** Characters of base64url that a box may have: no event that can be stored is larger, so more is a forgery. */
const maxBoxLength = 4 * 1024 * 1024;
/** Characters of a key id; ours are UUIDs. */
const maxKeyIdLength = 128;

/** The ids of all keys that the sealed values of a document name, each once. */
export function keyIdsOf(document: Json, into: Set<string> = new Set()): Set<string> {
  if (typeof document !== 'object' || document === null) return into;
  if (isSealed(document)) {
    if (isWhole(document)) into.add(document.key);
  } else {
    for (const value of Object.values(document)) if (value !== undefined) keyIdsOf(value, into);
  }
  return into;
}

/**
 * A copy of the document in which every sealed value is replaced; undefined when nothing is left of it.
 * @param field name of the member, or index of the element, that the document is: what is sealed in its place must have been sealed for one of that name
 */
export function openAll(document: Json, found: FindKeysResult, field = ''): Json | undefined {
  if (typeof document !== 'object' || document === null) return document;
  if (isSealed(document)) return openOne(document, found, field);
  if (Array.isArray(document))
    return document.map((value: Json, index) => openAll(value, found, String(index)) ?? null);
  const made: Record<string, Json> = {};
  for (const [name, value] of Object.entries(document)) {
    const opened = value === undefined ? undefined : openAll(value, found, name);
    if (opened !== undefined) setMember(made, name, opened);
  }
  return made;
}

function openOne(sealed: SealedValue, found: FindKeysResult, field: string): Json | undefined {
  // A box proves what it was sealed for, not that it still stands there.
  if (!isWhole(sealed) || fieldOf(sealed.of) !== pointerStep(field)) return instead(sealed, '[damaged]');
  if (!found.ok) return instead(sealed, '[locked]');
  const key = found.keys.get(sealed.key);
  if (key === undefined) return instead(sealed, '[erased]');
  const plain = openBox(key, Buffer.from(sealed.of), Buffer.from(sealed.box, 'base64url'));
  const value = plain === undefined ? undefined : parse(plain, sealed.as);
  return value === undefined ? instead(sealed, '[damaged]') : value;
}

/** The last step of the pointer in `<event id>#<JSON pointer>`, as it is written there; undefined where there is no pointer. */
function fieldOf(of: string): string | undefined {
  const pointer = of.indexOf('#');
  return pointer < 0 ? undefined : of.slice(Math.max(pointer, of.lastIndexOf('/')) + 1);
}

/** Only a string can say what is wrong: a number or an object of another type would break those who read it. */
function instead(sealed: SealedValue, word: string): string | undefined {
  return sealed.as === 'number' || sealed.as === 'json' ? undefined : word;
}

function parse(plain: Buffer, as: SealedValue['as']): Json | undefined {
  try {
    const value: Json = JSON.parse(plain.toString('utf8'));
    return as === 'json' || typeof value === as ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Stored events are checked again: whoever can write to the log can write anything into them. */
function isWhole(sealed: SealedValue): boolean {
  const { key, of, as, box }: { [K in keyof SealedValue]: unknown } = sealed;
  return (
    typeof key === 'string' &&
    key.length <= maxKeyIdLength &&
    typeof of === 'string' &&
    (as === 'string' || as === 'number' || as === 'json') &&
    typeof box === 'string' &&
    box.length <= maxBoxLength
  );
}
