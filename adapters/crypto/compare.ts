import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Put before what is hashed; nobody outside this process can know it. */
const blind = randomBytes(32).toString('base64url');

/** Hashes of accepted values, which are settings and asked for with every notice. */
const accepts = new Map<string, Uint8Array>();
const mostKept = 1000;

/**
 * True when `value` is one of `accepted`, in a time that tells neither which one nor how much of it was right. Hashing behind a random
 * secret first makes lengths equal, and leaves an attacker without control over what is compared. The hashes of `accepted` are kept;
 * that of `value` never is, because looking it up would compare it.
 */
export function matchesAny(value: string, accepted: Iterable<string>): boolean {
  const given = blindHash(value);
  let matched = false;
  for (const one of accepted) matched = timingSafeEqual(given, hashOfAccepted(one)) || matched;
  return matched;
}

function hashOfAccepted(text: string): Uint8Array {
  const known = accepts.get(text);
  if (known !== undefined) return known;
  // Values come and go with their subscriptions.
  if (accepts.size >= mostKept) accepts.clear();
  const made = blindHash(text);
  accepts.set(text, made);
  return made;
}

/** In one call, and as text: a quarter of the time that a hash object or a buffer as its answer takes. */
function blindHash(text: string): Uint8Array {
  return Buffer.from(hash('sha256', `${blind}${text}`, 'base64url'), 'latin1');
}
