import type { FinishResult, SignedInPerson } from '#ports/sign-in.ts';

interface Claims {
  readonly iss?: unknown;
  readonly aud?: unknown;
  readonly oid?: unknown;
  readonly tid?: unknown;
  readonly name?: unknown;
  readonly preferred_username?: unknown;
  readonly roles?: unknown;
}

/** `oid` and `tid` name a person for ever; `sub` differs for each application, names change (learn.microsoft.com, "ID token claims reference"). */
export function personIn(
  claims: Claims | undefined,
  { issuer, tenant, clientId }: { readonly issuer: string; readonly tenant: string; readonly clientId: string },
): FinishResult {
  const invalid = (detail: string): FinishResult => ({ ok: false, reason: 'invalid', detail });
  if (claims === undefined) return invalid('no token');
  if (claims.iss !== issuer) return invalid('another issuer');
  if (claims.aud !== clientId) return invalid('another audience');
  const { oid, tid, name, preferred_username: username, roles } = claims;
  if (typeof oid !== 'string' || oid === '' || typeof tid !== 'string') return invalid('no oid or tid');
  if (tid.toLowerCase() !== tenant.toLowerCase()) return invalid('another tenant');
  const person: SignedInPerson = {
    tenant: tid.toLowerCase(),
    id: oid.toLowerCase(),
    name: [name, username].map(shown).find((text) => text !== '') ?? oid,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
  };
  return { ok: true, person };
}

/** As a name can be shown and compared: no control characters or line breaks, at most 120 characters, as of those that are typed in. */
function shown(name: unknown): string {
  if (typeof name !== 'string') return '';
  return name
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, 120);
}
