import { hash as digest } from 'node:crypto';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the textual form of a UUID of any version (RFC 9562 section 4). */
export function isUuid(text: string): boolean {
  return pattern.test(text);
}

/**
 * Name-based UUID, version 5 (RFC 9562 section 5.5): the same namespace and name always give the same id.
 * @param namespace a UUID in textual form
 * @param name hashed as UTF-8
 */
export function uuid5(namespace: string, name: string): string {
  const named = Buffer.concat([bytesOf(namespace), Buffer.from(name, 'utf8')]);
  const hash = digest('sha1', named, 'buffer');
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Namespaces are few and asked for thousands of times a second. */
const namespaces = new Map<string, Buffer>();

function bytesOf(namespace: string): Buffer {
  const known = namespaces.get(namespace);
  if (known !== undefined) return known;
  if (!isUuid(namespace)) throw new TypeError('namespace is not a UUID');
  const bytes = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  if (namespaces.size < 100) namespaces.set(namespace, bytes);
  return bytes;
}
