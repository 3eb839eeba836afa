import { clean } from '#domain/notices/fields.ts';
import { plainId } from '#domain/notices/identify.ts';
import { isUuid } from '#kernel/uuid.ts';

/** What a notice says about a person. */
export interface Person {
  readonly tenantId?: string;
  readonly objectId?: string;
  readonly upn?: string;
  readonly number?: string;
  readonly name?: string;
}

/** Canonical subject (`ports/key-store.ts`) of a person: object id and tenant, else UPN, else number, else the event that is about it. */
export function subjectOf(person: Person, eventId: string): string {
  const objectId = plainId(person.objectId);
  if (objectId !== undefined && person.tenantId !== undefined)
    return `user:${person.tenantId}/${objectId}`.toLowerCase();
  const upn = clean(person.upn)?.toLowerCase();
  if (upn !== undefined) return `upn:${upn}`;
  const digits = digitsOf(person.number);
  return digits !== undefined ? `number:${digits}` : `emergency:${eventId}`;
}

/** Everything by which the same person can be known again in another notice, canonical and in the clear. */
export function callerKeysOf(person: Person): readonly string[] {
  const keys: string[] = [];
  const objectId = plainId(person.objectId);
  const upn = clean(person.upn);
  const digits = digitsOf(person.number);
  const name = clean(person.name);
  if (objectId !== undefined) keys.push(`oid:${objectId.toLowerCase()}`);
  if (upn !== undefined) keys.push(`upn:${upn.toLowerCase()}`);
  if (digits !== undefined) keys.push(`number:${digits}`);
  if (name !== undefined) keys.push(`name:${name.normalize('NFKC').toLowerCase()}`);
  return keys;
}

/**
 * Of {@link callerKeysOf} the one by which somebody who is looked for is known: an object id, a UPN or a number where the text looks like one, else a name.
 * Undefined where nothing visible is in it.
 */
export function callerKeyOf(text: string): string | undefined {
  const line = clean(text);
  if (line === undefined) return undefined;
  const [key] = callerKeysOf(
    isUuid(line) ? { objectId: line } : line.includes('@') ? { upn: line } : isNumber(line) ? { number: line } : {},
  );
  return key ?? callerKeysOf({ name: line })[0];
}

function isNumber(line: string): boolean {
  return /^(tel:)?[+(]*[0-9][0-9 ()./-]*$/i.test(line);
}

/** The digits of a telephone number, without what else stands in `tel:` and `sip:` addresses. Undefined for fewer than three. */
export function digitsOf(number: string | undefined): string | undefined {
  const digits = (number ?? '')
    .replace(/[;@].*$/s, '')
    .replace(/[^0-9]/g, '')
    .slice(0, 32);
  return digits.length >= 3 ? digits : undefined;
}

/** A dialled number as it was dialled: digits, `+`, `*`, `#`; at most 32. */
export function dialledOf(number: string | undefined): string | undefined {
  const dialled = (number ?? '')
    .replace(/[;@].*$/s, '')
    .replace(/[^0-9+*#]/g, '')
    .slice(0, 32);
  return /[0-9]/.test(dialled) ? dialled : undefined;
}
