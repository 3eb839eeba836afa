import { randomUUID } from 'node:crypto';
import type { SigningKey } from '#simulator/entra/signing-key.ts';

/** A user-assigned identity. */
export interface SimulatedIdentity {
  /** `AZURE_CLIENT_ID` of whoever runs as it. */
  readonly clientId: string;
  /** Object id of its service principal: who gets roles, and what federated credentials name as their subject. */
  readonly principalId: string;
}

/** What a token says of whoever shows it. */
export type IdentityCheck =
  | {
      readonly ok: true;
      readonly principalId: string;
      readonly clientId: string /** Milliseconds since 1970 UTC. */;
      readonly expiresAt: number;
    }
  | { readonly ok: false; readonly reason: 'signature' | 'audience' | 'tenant' | 'expired' };

/** The audience of tokens that are shown to Entra ID itself ("Workload identity federation", learn.microsoft.com). */
const exchange = 'api://AzureADTokenExchange';

/**
 * Claims of a token for a resource: Azure's own services take version 1.0 (`sts.windows.net`), an exchange takes version 2.0 ("Access token claims
 * reference"; "Configure an application to trust a managed identity").
 */
export function identityClaims(
  identity: SimulatedIdentity,
  given: { readonly tenantId: string; readonly resource: string; readonly now: number; readonly lifeSeconds: number },
): Readonly<Record<string, unknown>> {
  const { tenantId, resource, lifeSeconds } = given;
  const seconds = Math.trunc(given.now / 1000);
  const ofExchange = bare(resource) === exchange;
  return {
    aud: resource,
    iss: ofExchange ? `https://login.microsoftonline.com/${tenantId}/v2.0` : `https://sts.windows.net/${tenantId}/`,
    iat: seconds,
    nbf: seconds - 300,
    exp: seconds + lifeSeconds,
    ...(ofExchange ? { azp: identity.clientId } : { appid: identity.clientId, appidacr: '2' }),
    idtyp: 'app',
    oid: identity.principalId,
    sub: identity.principalId,
    tid: tenantId,
    uti: randomUUID(),
    ver: ofExchange ? '2.0' : '1.0',
  };
}

/** What a service makes of a token. @param audience with or without a slash at its end, which counts for nothing */
export function checkIdentityToken(
  token: string,
  key: SigningKey,
  expected: { readonly tenantId: string; readonly audience: string; readonly now: number },
): IdentityCheck {
  const claims = key.verify(token);
  if (claims === undefined) return { ok: false, reason: 'signature' };
  if (bare(String(claims['aud'])) !== bare(expected.audience)) return { ok: false, reason: 'audience' };
  if (claims['tid'] !== expected.tenantId) return { ok: false, reason: 'tenant' };
  const expiresAt = Number(claims['exp']) * 1000;
  if (expiresAt <= expected.now) return { ok: false, reason: 'expired' };
  return {
    ...{ ok: true, expiresAt, principalId: String(claims['oid']) },
    clientId: String(claims['appid'] ?? claims['azp']),
  };
}

const bare = (audience: string) => audience.replace(/\/+$/, '');
