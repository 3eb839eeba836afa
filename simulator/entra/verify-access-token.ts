import { graphResource } from '#simulator/entra/options.ts';
import type { SigningKey } from '#simulator/entra/signing-key.ts';

/** What a resource (the simulated Graph) learns of a token. */
export interface AccessTokenClaims {
  /** `user`: delegated; `app`: the application itself. */
  readonly idtyp: 'user' | 'app';
  readonly tid: string;
  /** Client id of the application. */
  readonly appid: string;
  /** Object id of the user, or of the application's service principal. */
  readonly oid: string;
  /** Delegated only. */
  readonly upn?: string;
  /** Delegated permissions, short names, `openid` and the like included; empty for an application. */
  readonly scp: readonly string[];
  /** Application permissions; empty for a user. */
  readonly roles: readonly string[];
  readonly aud: string;
  /** Seconds since 1970 UTC. */
  readonly iat: number;
  readonly exp: number;
  /** Unique to the token. */
  readonly uti: string;
}

export type AccessTokenCheck =
  | { readonly ok: true; readonly claims: AccessTokenClaims }
  | {
      readonly ok: false;
      readonly reason: 'malformed' | 'signature' | 'audience' | 'tenant' | 'not-yet-valid' | 'expired';
    };

/** Entra's own libraries allow for clocks that differ by five minutes. */
const toleranceSeconds = 300;

/** @param now milliseconds since 1970 UTC, of a clock that is right */
export function verifyAccessToken(token: string, key: SigningKey, tenantId: string, now: number): AccessTokenCheck {
  if (token.split('.').length !== 3) return { ok: false, reason: 'malformed' };
  const claims = key.verify(token);
  if (claims === undefined) return { ok: false, reason: 'signature' };
  const { aud, tid, nbf, iat, exp, idtyp } = claims;
  if (aud !== graphResource) return { ok: false, reason: 'audience' };
  if (tid !== tenantId) return { ok: false, reason: 'tenant' };
  const seconds = now / 1000;
  if (Number(nbf) > seconds + toleranceSeconds) return { ok: false, reason: 'not-yet-valid' };
  if (Number(exp) <= seconds - toleranceSeconds) return { ok: false, reason: 'expired' };
  const text = (name: string) => String(claims[name] ?? '');
  return {
    ok: true,
    claims: {
      idtyp: idtyp === 'app' ? 'app' : 'user',
      tid: text('tid'),
      appid: text('appid'),
      oid: text('oid'),
      ...(claims['upn'] === undefined ? {} : { upn: text('upn') }),
      scp: text('scp')
        .split(' ')
        .filter((name) => name !== ''),
      roles: Array.isArray(claims['roles']) ? claims['roles'].map(String) : [],
      aud: graphResource,
      iat: Number(iat),
      exp: Number(exp),
      uti: text('uti'),
    },
  };
}
