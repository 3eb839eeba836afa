import { createHash, randomBytes } from 'node:crypto';
import { type EntraClient, type EntraTenant, type EntraUser, graphResource } from '#simulator/entra/options.ts';

const unique = () => randomBytes(16).toString('base64url');

/** `sub`: differs for each pair of user and application (learn.microsoft.com, "ID token claims reference"). */
function pairwise(userId: string, clientId: string): string {
  return createHash('sha256').update(`${userId}/${clientId}`).digest('base64url');
}

interface Issued {
  readonly tenant: EntraTenant;
  readonly client: EntraClient;
  /** Seconds since 1970 UTC by the clock of the simulated Entra ID. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Claims of an access token for Graph: form 1.0, as Entra issues for it (learn.microsoft.com, "Access token claims reference"). */
export function accessTokenClaims(
  issued: Issued & { readonly user?: EntraUser; readonly withRoles: boolean },
): Readonly<Record<string, unknown>> {
  const { tenant, client, user } = issued;
  const common = {
    aud: graphResource,
    iss: `https://sts.windows.net/${tenant.id}/`,
    iat: issued.issuedAt,
    nbf: issued.issuedAt,
    exp: issued.expiresAt,
    app_displayname: client.name,
    appid: client.clientId,
    appidacr: client.kind === 'public' ? '0' : '2',
    tid: tenant.id,
    uti: unique(),
    ver: '1.0',
  };
  if (user === undefined) {
    const principal = servicePrincipalId(client.clientId);
    const roles = issued.withRoles ? (client.appRoles ?? []) : [];
    return { ...common, idtyp: 'app', oid: principal, sub: principal, ...(roles.length === 0 ? {} : { roles }) };
  }
  return {
    ...common,
    acr: '1',
    amr: ['pwd', 'mfa'],
    idtyp: 'user',
    name: user.name,
    oid: user.id,
    scp: [...(client.scopes ?? []), 'openid', 'profile'].join(' '),
    sub: pairwise(user.id, graphResource),
    unique_name: user.upn,
    upn: user.upn,
  };
}

/** Claims of an id token, form 2.0; `given` are those that belong to the request (`nonce`, hashes). */
export function idTokenClaims(
  issued: Issued & { readonly user: EntraUser; readonly issuer: string },
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { user, client } = issued;
  return {
    ...given,
    aud: client.clientId,
    iss: issued.issuer,
    iat: issued.issuedAt,
    nbf: issued.issuedAt,
    exp: issued.expiresAt,
    name: user.name,
    oid: user.id,
    preferred_username: user.upn,
    ...(user.roles === undefined || user.roles.length === 0 ? {} : { roles: user.roles }),
    sub: pairwise(user.id, client.clientId),
    tid: issued.tenant.id,
    uti: unique(),
    ver: '2.0',
  };
}

/** `client_info`, which MSAL makes its account id of. */
export function clientInfo(user: EntraUser, tenant: EntraTenant): string {
  return Buffer.from(JSON.stringify({ uid: user.id, utid: tenant.id })).toString('base64url');
}

/** Object id of an application's service principal: the same for the same application. */
function servicePrincipalId(clientId: string): string {
  const hex = createHash('sha256').update(`service principal ${clientId}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
