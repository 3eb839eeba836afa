import { createHash } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import { refuseAssertion } from '#simulator/entra/client-assertion.ts';
import type { EntraClient } from '#simulator/entra/options.ts';
import { deviceCodeGrant, routes } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import type { AadstsCode } from '#simulator/entra/refusals.ts';
import { readScopes } from '#simulator/entra/scopes.ts';

/** Parameters of a form, the last of each name. */
export type Form = Readonly<Record<string, string>>;

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Why Entra would refuse a token request; undefined when it would not. */
export async function refuseToken(
  form: Form,
  client: EntraClient,
  realm: Realm,
  provider: Provider,
): Promise<AadstsCode | undefined> {
  const credential = await refuseCredential(form, client, realm);
  if (credential !== undefined) return credential;
  switch (form['grant_type']) {
    case undefined:
      return 900144;
    case deviceCodeGrant:
      return await refuseDeviceCode(form, client, realm, provider);
    case 'refresh_token':
      return await refuseRefresh(form, client, realm, provider);
    case 'authorization_code':
      return await refuseCode(form, client, realm, provider);
    case 'client_credentials':
      return refuseClientCredentials(form, client);
    default:
      return 70003;
  }
}

async function refuseCredential(form: Form, client: EntraClient, realm: Realm): Promise<AadstsCode | undefined> {
  const { client_assertion: assertion, client_assertion_type: type, client_secret: secret } = form;
  if (client.kind === 'public') return assertion === undefined && secret === undefined ? undefined : 700025;
  if (assertion === undefined) return secret === undefined ? 7000218 : 7000215;
  if (type !== jwtBearer) return 900144;
  // Entra accepts the token endpoint, the issuer and the authority as audience.
  const audiences = [`${realm.authority}${routes.token}`, realm.issuer, realm.authority];
  return await refuseAssertion(assertion, { client, now: realm.shownTime(), audiences });
}

/** What stands against a user's session, whichever way it goes on. */
function refuseSession(
  session: {
    readonly userId: string | undefined;
    readonly grantId: string | undefined;
    readonly byDeviceCode: boolean;
  },
  realm: Realm,
): AadstsCode | undefined {
  const { faults, store } = realm;
  const grantId = session.grantId ?? '';
  const user = realm.user(session.userId);
  if (user === undefined) return 50057;
  if (faults.on('user-disabled') && user === realm.user(realm.tenant.serviceUser)) return 50057;
  if (store.revoked(grantId)) return 50173;
  if (session.byDeviceCode && faults.on('conditional-access-blocks-device-code')) return 53003;
  if (faults.befell('sign-in-frequency', grantId)) return 70043;
  if (faults.befell('mfa-required', grantId)) return 50076;
  if (faults.on('consent-revoked')) return 65001;
  return undefined;
}

async function refuseDeviceCode(
  form: Form,
  client: EntraClient,
  realm: Realm,
  provider: Provider,
): Promise<AadstsCode | undefined> {
  if (form['device_code'] === undefined) return 900144;
  const code = await provider.DeviceCode.find(form['device_code'], { ignoreExpiration: true });
  if (code === undefined || code.clientId !== client.clientId) return 70018;
  if (code.consumed !== undefined) return 90120;
  if (code.isExpired) return 70020;
  if (code.error !== undefined) return 65004;
  if (code.accountId === undefined) return 70016;
  return refuseSession({ userId: code.accountId, grantId: code.grantId, byDeviceCode: true }, realm);
}

async function refuseRefresh(
  form: Form,
  client: EntraClient,
  realm: Realm,
  provider: Provider,
): Promise<AadstsCode | undefined> {
  if (form['refresh_token'] === undefined) return 900144;
  const token = await provider.RefreshToken.find(form['refresh_token'], { ignoreExpiration: true });
  if (token === undefined || token.clientId !== client.clientId) return 70000;
  if (token.isExpired) return 700082;
  const byDeviceCode = token.gty?.startsWith('device_code') === true;
  const session = refuseSession({ userId: token.accountId, grantId: token.grantId, byDeviceCode }, realm);
  if (session !== undefined) return session;
  const asked = readScopes(form['scope'], client);
  return asked.ok ? undefined : asked.code;
}

async function refuseCode(
  form: Form,
  client: EntraClient,
  realm: Realm,
  provider: Provider,
): Promise<AadstsCode | undefined> {
  if (form['code'] === undefined || form['redirect_uri'] === undefined) return 900144;
  const code = await provider.AuthorizationCode.find(form['code'], { ignoreExpiration: true });
  if (code === undefined || code.clientId !== client.clientId) return 9002313;
  if ('consumed' in code && code.consumed !== undefined) return 54005;
  if (code.isExpired) return 70008;
  if (code.redirectUri !== form['redirect_uri']) return 500112;
  if (code.codeChallenge !== undefined) {
    const challenge = createHash('sha256')
      .update(form['code_verifier'] ?? '')
      .digest('base64url');
    if (challenge !== code.codeChallenge) return 501481;
  }
  return refuseSession({ userId: code.accountId, grantId: code.grantId, byDeviceCode: false }, realm);
}

function refuseClientCredentials(form: Form, client: EntraClient): AadstsCode | undefined {
  if (client.kind === 'public') return 7000218;
  const asked = readScopes(form['scope'], { ...client, scopes: [] });
  if (!asked.ok) return asked.code === 500011 ? 500011 : 1002012;
  return asked.everything && asked.qualified ? undefined : 1002012;
}
