import { isPersonal, pointerStep } from '#domain/personal.ts';
import type { Json } from '#kernel/json.ts';

/** A personal value found in a document, and the place in the copy that waits for its seal. */
export interface PersonalSlot {
  readonly subject: string;
  readonly value: Json;
  /** RFC 6901. */
  readonly pointer: string;
  readonly put: (sealed: Json) => void;
}

/**
 * Copies a document as JSON would (undefined members left out) and reports every personal value in it. The copy holds `null` in
 * their places until each was `put`.
 * @throws {TypeError} for what JSON cannot say (functions, symbols, big integers, numbers that are not finite)
 */
export function copyWithSlots(document: unknown, found: (slot: PersonalSlot) => void): { root: Json } {
  const holder: { root: Json } = { root: null };
  holder.root = copy(document, '', found, (sealed) => {
    holder.root = sealed;
  });
  return holder;
}

function copy(value: unknown, pointer: string, found: (slot: PersonalSlot) => void, put: (sealed: Json) => void): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`not a JSON number at ${pointer}`);
      return value;
    case 'object':
      break;
    default:
      throw new TypeError(`not a JSON value at ${pointer}`);
  }
  if (value === null) return null;
  if (isPersonal(value)) {
    found({ ...value.$personal, pointer, put });
    return null;
  }
  if (Array.isArray(value)) return copyArray(value, pointer, found);
  return copyObject(value, pointer, found);
}

function copyArray(values: readonly unknown[], pointer: string, found: (slot: PersonalSlot) => void): Json {
  const made: Json[] = [];
  values.forEach((value, index) => {
    made.push(
      copy(value ?? null, `${pointer}/${index}`, found, (sealed) => {
        made[index] = sealed;
      }),
    );
  });
  return made;
}

function copyObject(object: object, pointer: string, found: (slot: PersonalSlot) => void): Json {
  // Copied as a whole, own members by definition whatever their names: several times faster than one by one.
  const made = { ...object } as Record<string, Json>;
  for (const name of Object.keys(made)) {
    const value: unknown = made[name];
    // Most members are texts and stay as they are: for them neither a pointer nor a closure is made.
    if (typeof value === 'string') continue;
    if (value === undefined) delete made[name];
    else if (typeof value === 'object' && value !== null)
      setMember(
        made,
        name,
        copy(value, `${pointer}/${pointerStep(name)}`, found, (sealed) => setMember(made, name, sealed)),
      );
    else copy(value, `${pointer}/${pointerStep(name)}`, found, noSlot);
  }
  return made;
}

function noSlot(): void {}

/** Sets a member whatever its name: an assignment to `__proto__` would change the object's prototype instead. */
export function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else object[name] = value;
}
