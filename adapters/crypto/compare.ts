import { createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { hmacSha256 } from './secret-key.ts';

const blind = createSecretKey(randomBytes(32));

/** Hashes of accepted values, which are settings and asked for with every notice. */
const accepts = new Map<string, Buffer>();
const mostKept = 1000;

/**
 * True when `value` is one of `accepted`, in a time that tells neither which one nor how much of it was right. Hashing under a random
 * key first makes lengths equal, and leaves an attacker without control over what is compared. The hashes of `accepted` are kept;
 * that of `value` never is, because looking it up would compare it.
 */
export function matchesAny(value: string, accepted: Iterable<string>): boolean {
  const given = hash(value);
  let matched = false;
  for (const one of accepted) matched = timingSafeEqual(given, hashOfAccepted(one)) || matched;
  return matched;
}

function hashOfAccepted(text: string): Buffer {
  const known = accepts.get(text);
  if (known !== undefined) return known;
  // Values come and go with their subscriptions.
  if (accepts.size >= mostKept) accepts.clear();
  const made = hash(text);
  accepts.set(text, made);
  return made;
}

function hash(text: string): Buffer {
  return hmacSha256(blind, text).digest();
}
