import type { Json } from '#kernel/json.ts';

/**
 * A value about a person, still in the clear: the domain marks what is personal and about whom; it must be sealed before it is stored.
 * `subject` is one of the canonical strings of `ports/key-store.ts`.
 */
export interface PersonalValue {
  readonly $personal: { readonly subject: string; readonly value: Json };
}

/**
 * A sealed value as it stands in a stored event. `of` is the additional data of the encryption: `<event id>#<JSON pointer>` (RFC 6901) of the place it was
 * sealed for; a copy in an event that the first one caused keeps it (domain/sealed-places.ts says which). `box` is base64url of nonce (12 bytes), ciphertext, tag (16 bytes).
 */
export interface SealedValue {
  readonly $sealed: 1;
  readonly key: string;
  readonly of: string;
  readonly as: 'string' | 'number' | 'json';
  readonly box: string;
}

/** Marks a value as personal. */
export function personal(subject: string, value: Json): PersonalValue {
  return { $personal: { subject: subject.toLowerCase(), value } };
}

export function isPersonal(value: unknown): value is PersonalValue {
  return typeof value === 'object' && value !== null && '$personal' in value;
}

export function isSealed(value: unknown): value is SealedValue {
  return (
    typeof value === 'object' && value !== null && '$sealed' in value && (value as { $sealed: unknown }).$sealed === 1
  );
}

/** A member's name as a step of a JSON pointer (RFC 6901 section 3). */
export function pointerStep(name: string): string {
  if (!name.includes('~') && !name.includes('/')) return name;
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
