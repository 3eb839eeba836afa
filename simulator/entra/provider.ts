import { interactionPolicy, Provider } from 'oidc-provider';
import { graphResource } from '#simulator/entra/options.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import { offlineScope } from '#simulator/entra/scopes.ts';
import { accessTokenClaims } from '#simulator/entra/tokens.ts';

/** Where oidc-provider sees its endpoints; the tenant stands before them. */
export const routes = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  device_authorization: '/oauth2/v2.0/devicecode',
  jwks: '/discovery/v2.0/keys',
} as const;

/** The grant type of RFC 8628. */
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export type ProviderContext = Parameters<Parameters<Provider['use']>[0]>[0];

const daySeconds = 86_400;
/** Scopes of OpenID Connect that a grant may hold, in oidc-provider's names. */
const openidScopes = ['openid', 'profile', 'email', offlineScope];

/**
 * The OAuth and OpenID Connect machinery. What is Entra's own about requests and answers is done by the endpoints around it.
 * @param secret stands in for a confidential client's proof, which was checked before
 */
export function createProvider(realm: Realm, secret: string): Provider {
  const { options, store, tenant } = realm;
  const random = options.random ?? Math.random;
  const accessTokenSeconds = () => options.accessTokenSeconds ?? 3600 + Math.floor(random() * 1800);
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  const provider: Provider = new Provider(realm.issuer, {
    adapter: (model: string) => store.adapter(model),
    clients: options.clients.map((client) => ({
      client_id: client.clientId,
      client_name: client.name,
      application_type: client.kind === 'public' ? ('native' as const) : ('web' as const),
      redirect_uris: [...(client.redirectUris ?? [])],
      response_types: client.redirectUris === undefined ? [] : ['code' as const],
      grant_types: [
        ...(client.redirectUris === undefined ? [] : ['authorization_code']),
        'refresh_token',
        ...(client.kind === 'public' ? [deviceCodeGrant] : ['client_credentials']),
      ],
      ...(client.kind === 'public'
        ? { token_endpoint_auth_method: 'none' as const }
        : { token_endpoint_auth_method: 'client_secret_post' as const, client_secret: secret }),
    })),
    jwks: { keys: [realm.key.privateJwk as { kty: 'RSA' }] },
    cookies: { keys: [store.secret('cookies', () => secret)], long: { signed: true }, short: { signed: true } },
    scopes: openidScopes,
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    pkce: { required: () => false },
    routes,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '*********' },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => graphResource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          scope: (realm.client(client.clientId)?.scopes ?? []).join(' '),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      DeviceCode: options.deviceCodeSeconds ?? 900,
      AuthorizationCode: 600,
      IdToken: 3600,
      // Counted from the last use, as every use gives a new one (learn.microsoft.com, "Refresh tokens in the Microsoft identity platform").
      RefreshToken: 90 * daySeconds,
      Grant: 3650 * daySeconds,
      Session: 90 * daySeconds,
      Interaction: 3600,
    },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, _client, source) => source.scopes.has(offlineScope),
    // By default those without `offline_access` would end with the browser session, and it has another name here.
    expiresWithSession: () => false,
    clientBasedCORS: () => false,
    findAccount: (_ctx, id) => {
      const user = realm.user(id);
      return user === undefined ? undefined : { accountId: user.id, claims: () => ({ sub: user.id }) };
    },
    loadExistingGrant: async (ctx) => {
      const { client, account } = ctx.oidc;
      if (client === undefined || account === undefined) return undefined;
      return await newGrant(provider, realm, account.accountId, client.clientId);
    },
    interactions: { policy, url: (_ctx, interaction) => `/${tenant.id}/signin/${interaction.uid}` },
    formats: {
      customizers: {
        jwt: (_ctx, token, jwt) => {
          const client = realm.client(token.clientId);
          if (client === undefined) throw new Error('a token for an application that is not registered');
          const user = 'accountId' in token ? realm.user(String(token.accountId)) : undefined;
          const issuedAt = Math.floor(realm.shownTime() / 1000);
          const withRoles = !realm.faults.on('consent-revoked');
          const claims = { tenant, client, issuedAt, expiresAt: issuedAt + token.expiration, withRoles };
          jwt.header = { typ: 'JWT' };
          jwt.payload = accessTokenClaims(user === undefined ? claims : { ...claims, user });
        },
      },
    },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
  });
  return provider;
}

/** All that the admin granted to the application, for one user. */
export async function newGrant(provider: Provider, realm: Realm, userId: string, clientId: string) {
  const grant = new provider.Grant({ accountId: userId, clientId });
  grant.addOIDCScope(openidScopes.join(' '));
  grant.addResourceScope(graphResource, (realm.client(clientId)?.scopes ?? []).join(' '));
  await grant.save();
  return grant;
}
