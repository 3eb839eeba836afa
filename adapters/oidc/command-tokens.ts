import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import { None } from 'openid-client';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound } from '#ports/outbound.ts';
import type { CommandTokens, FinishResult } from '#ports/sign-in.ts';
import { createDiscovery } from './discovery.ts';
import { personIn } from './person-in.ts';
import { isUnreachable, providerFetch } from './provider-fetch.ts';

export interface CommandTokensDeps {
  /** Exactly as it stands in tokens: `https://login.microsoftonline.com/<tenant id>/v2.0`. */
  readonly issuer: string;
  /** `tid` that people must be of. */
  readonly tenant: string;
  /** Application id of the desk: whom the token must be for. */
  readonly clientId: string;
  /** Application id of the one program that may bring tokens. */
  readonly client: string;
  /** The scope that it must have been given. An id token has none, so none of those passes. */
  readonly scope: string;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Seconds that clocks may differ, as Entra itself allows. */
const toleranceSeconds = 300;

/** Access tokens (version 2) that people got from Entra ID for the desk with a command line (learn.microsoft.com, "Access token claims reference"). */
export function createCommandTokens(deps: CommandTokensDeps): CommandTokens {
  const { issuer, clientId, client, scope, outbound, clock } = deps;
  const discovered = createDiscovery({ ...deps, auth: None() });
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  async function keysNow() {
    const at = (await discovered()).serverMetadata().jwks_uri;
    if (at === undefined) throw new TypeError('the identity provider names no keys');
    keys ??= createRemoteJWKSet(new URL(at), {
      // What jose hands over is what fetch takes.
      [customFetch]: (url, options) =>
        providerFetch(outbound)(url, { ...options, headers: Object.fromEntries(options.headers), body: null }),
      timeoutDuration: 10_000,
    });
    return keys;
  }

  return {
    async person(token): Promise<FinishResult> {
      let claims: JWTPayload;
      try {
        const { payload } = await jwtVerify(token, await keysNow(), {
          ...{ issuer, audience: clientId, algorithms: ['RS256'], clockTolerance: toleranceSeconds },
          ...{ currentDate: new Date(clock.now()), requiredClaims: ['exp', 'oid', 'tid', 'azp', 'scp'] },
        });
        claims = payload;
      } catch (error) {
        // jose has a code for each fault of a token; everything else is the way to the keys.
        if (error instanceof errors.JOSEError && !away.has(error.code))
          return { ok: false, reason: 'invalid', detail: error.code };
        return {
          ok: false,
          reason: 'away',
          detail: isUnreachable(error) ? 'the identity provider does not answer' : 'its keys cannot be read',
        };
      }
      const invalid = (detail: string): FinishResult => ({ ok: false, reason: 'invalid', detail });
      if (claims['azp'] !== client) return invalid('another program');
      if (!String(claims['scp']).split(' ').includes(scope)) return invalid('another scope');
      return personIn(claims, deps);
    },
  };
}

const away = new Set<string>([errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code]);
