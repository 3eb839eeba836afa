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
  const hex = digest('sha1', named(bytesOf(namespace), name), 'hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Room for what is hashed, used again and again: ids are made for every event. */
const room = Buffer.allocUnsafeSlow(1024);

function named(namespace: Buffer, name: string): Buffer {
  // Three bytes of UTF-8 are the most that one UTF-16 unit can need.
  if (namespace.length + name.length * 3 > room.length) return Buffer.concat([namespace, Buffer.from(name, 'utf8')]);
  room.set(namespace);
  return room.subarray(0, namespace.length + room.write(name, namespace.length, 'utf8'));
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
