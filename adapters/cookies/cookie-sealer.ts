import { decodeProtectedHeader, EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { JsonObject } from '#kernel/json.ts';
import type { CookieSealer } from '#ports/sign-in.ts';
import { createKeyRing, type KeyRingDeps } from './key-ring.ts';

/** Bytes of a cookie that browsers are sure to keep (RFC 6265 section 6.1), less those of its name and attributes. */
const longest = 3_800;
const issuer = 'tocsin-desk';
const method = { alg: 'dir', enc: 'A256GCM' } as const;

/** Cookies as encrypted JWTs (RFC 7519, RFC 7516 with `dir` and A256GCM); the purpose is their audience, the end is in them. */
export function createCookieSealer(deps: KeyRingDeps): CookieSealer {
  const ring = createKeyRing(deps);
  return {
    async seal(purpose, content, expiresAt) {
      const current = await ring.current();
      if (!current.ok) return current;
      const value = await new EncryptJWT({ content })
        .setProtectedHeader({ ...method, kid: current.key.id })
        .setIssuer(issuer)
        .setAudience(purpose)
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .encrypt(current.key.key);
      if (value.length > longest) throw new RangeError('too much for a cookie');
      return { ok: true, value };
    },

    async open(purpose, value) {
      if (value.length > longest) return invalid;
      const id = keyIdOf(value);
      if (id === undefined) return invalid;
      const found = await ring.find(id);
      if (!found.ok) return found;
      if (found.key === undefined) return invalid;
      try {
        const { payload } = await jwtDecrypt(value, found.key.key, {
          keyManagementAlgorithms: [method.alg],
          contentEncryptionAlgorithms: [method.enc],
          issuer,
          audience: purpose,
          currentDate: new Date(deps.clock.now()),
          requiredClaims: ['exp', 'content'],
        });
        return { ok: true, content: payload['content'] as JsonObject };
      } catch (error) {
        if (error instanceof errors.JOSEError) return invalid;
        throw error;
      }
    },
  };
}

const invalid = { ok: false, reason: 'invalid' } as const;

function keyIdOf(value: string): string | undefined {
  try {
    const { alg, enc, kid, zip } = decodeProtectedHeader(value) as Readonly<Record<string, unknown>>;
    if (alg !== method.alg || enc !== method.enc || zip !== undefined) return undefined;
    return typeof kid === 'string' && kid.length <= 64 ? kid : undefined;
  } catch {
    return undefined;
  }
}
