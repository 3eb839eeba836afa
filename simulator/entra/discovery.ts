import { routes } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';

/** The metadata document at `/TENANT/v2.0/.well-known/openid-configuration`, with what Entra's own has. */
export function discoveryDocument(realm: Realm): Readonly<Record<string, unknown>> {
  const { authority, issuer } = realm;
  return {
    token_endpoint: `${authority}${routes.token}`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${authority}${routes.jwks}`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${authority}${routes.authorization}`,
    device_authorization_endpoint: `${authority}${routes.device_authorization}`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'preferred_username',
      'name',
      'tid',
      'ver',
      'at_hash',
      'c_hash',
    ],
    tenant_region_scope: null,
    cloud_instance_name: new URL(authority).host,
    msgraph_host: 'graph.microsoft.com',
  };
}
