import { randomUUID } from 'node:crypto';

interface Refusal {
  /** OAuth error. */
  readonly error: string;
  readonly status?: number;
  readonly text: string;
  readonly suberror?: string;
  /** With a claims challenge that names the policy. */
  readonly challenge?: true;
}

/**
 * What Entra refuses with (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"). Statuses and suberrors as
 * clients have reported them; Microsoft documents neither. MSAL Node asks for a person only where it knows the suberror: revoked and outdated
 * refresh tokens have none that it knows, and look to it like any refusal by the server.
 */
const refusals = {
  50011: {
    error: 'invalid_request',
    text: 'The redirect URI specified in the request does not match the redirect URIs configured for the application.',
  },
  50027: { error: 'invalid_client', status: 401, text: 'JWT token is invalid or malformed.' },
  50057: { error: 'invalid_grant', text: 'The user account is disabled.' },
  50076: {
    error: 'interaction_required',
    text: 'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.',
    suberror: 'basic_action',
    challenge: true,
  },
  50173: {
    error: 'invalid_grant',
    text: 'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
  },
  50194: {
    error: 'invalid_request',
    text: 'The application is not configured as a multi-tenant application. Use a tenant-specific endpoint.',
  },
  53003: {
    error: 'invalid_grant',
    text: 'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    suberror: 'message_only',
    challenge: true,
  },
  54005: {
    error: 'invalid_grant',
    text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  65001: {
    error: 'invalid_grant',
    text: 'The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.',
    suberror: 'consent_required',
  },
  65004: { error: 'authorization_declined', text: 'User declined to consent to access the app.' },
  70000: {
    error: 'invalid_grant',
    text: "The provided value for the input parameter 'refresh_token' or 'assertion' is not valid.",
  },
  70003: { error: 'unsupported_grant_type', text: 'The app requested an unsupported grant type.' },
  70008: {
    error: 'invalid_grant',
    text: 'The provided authorization code or refresh token has expired due to inactivity.',
  },
  70011: { error: 'invalid_scope', text: "The provided request must include a 'scope' input parameter that is valid." },
  70016: {
    error: 'authorization_pending',
    text: 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  },
  70018: { error: 'bad_verification_code', text: 'Bad verification code.' },
  70020: {
    error: 'expired_token',
    text: "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
  },
  70043: {
    error: 'invalid_grant',
    text: 'The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.',
    suberror: 'token_expired',
  },
  90002: {
    error: 'invalid_request',
    text: 'Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.',
  },
  90033: { error: 'temporarily_unavailable', status: 503, text: 'A transient error has occurred. Please try again.' },
  90055: {
    error: 'temporarily_unavailable',
    status: 429,
    text: 'The server is terminating the request because too many requests were received.',
  },
  90120: { error: 'invalid_grant', text: 'The request was already authorized or declined.' },
  500011: { error: 'invalid_resource', text: 'The resource principal was not found in the tenant.' },
  500112: {
    error: 'invalid_grant',
    text: 'The reply address does not match the reply address provided when requesting Authorization code.',
  },
  501481: {
    error: 'invalid_grant',
    text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  700016: { error: 'unauthorized_client', text: 'The application was not found in the directory.' },
  700023: {
    error: 'invalid_client',
    status: 401,
    text: 'Client assertion audience claim does not match Realm issuer.',
  },
  700024: { error: 'invalid_client', status: 401, text: 'Client assertion is not within its valid time range.' },
  700025: {
    error: 'invalid_client',
    status: 401,
    text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
  },
  700027: {
    error: 'invalid_client',
    status: 401,
    text: 'The certificate with identifier used to sign the client assertion is not registered on application, is expired, or did not make the signature.',
  },
  700082: {
    error: 'invalid_grant',
    text: 'The refresh token has expired due to inactivity. It was inactive for 90.00:00:00.',
  },
  700211: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record found for presented assertion issuer.',
  },
  700212: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record found for presented assertion audience.',
  },
  700213: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record found for presented assertion subject.',
  },
  900144: { error: 'invalid_request', text: 'The request body must contain a parameter that is missing.' },
  1002012: {
    error: 'invalid_scope',
    text: 'The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  },
  7000215: { error: 'invalid_client', status: 401, text: 'Invalid client secret provided.' },
  7000218: {
    error: 'invalid_client',
    status: 401,
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  9002313: { error: 'invalid_request', text: 'Invalid request. Request is malformed or invalid.' },
  9002339: { error: 'server_error', status: 500, text: 'The simulator failed.' },
} as const satisfies Record<number, Refusal>;

/** A number that Entra's errors begin with: `AADSTS50173`. */
export type AadstsCode = keyof typeof refusals;

/** Body of an error answer of Entra's OAuth endpoints. */
export interface EntraErrorBody {
  readonly error: string;
  readonly error_description: string;
  readonly error_codes: readonly number[];
  /** `YYYY-MM-DD HH:MM:SSZ`. */
  readonly timestamp: string;
  readonly trace_id: string;
  readonly correlation_id: string;
  readonly error_uri: string;
  readonly suberror?: string;
  /** JSON: what the next sign-in has to prove. */
  readonly claims?: string;
}

/** Id of the conditional-access policy that the simulated tenant blames. */
const blamedPolicy = 'f2c7d3a4-0000-4000-8000-00000000c0de';

/**
 * @param now milliseconds since 1970 UTC
 * @param correlationId what the caller sent as `client-request-id`
 */
export function refusal(
  code: AadstsCode,
  context: { readonly now: number; readonly origin: string; readonly correlationId: string },
): { readonly status: number; readonly body: EntraErrorBody } {
  const known: Refusal = refusals[code];
  const traceId = randomUUID();
  const timestamp = `${new Date(context.now).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const challenge = { access_token: { capolids: { essential: true, values: [blamedPolicy] } } };
  return {
    status: known.status ?? 400,
    body: {
      error: known.error,
      error_description: `AADSTS${code}: ${known.text} Trace ID: ${traceId} Correlation ID: ${context.correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: context.correlationId,
      error_uri: `${context.origin}/error?code=${code}`,
      ...(known.suberror === undefined ? {} : { suberror: known.suberror }),
      ...(known.challenge === undefined ? {} : { claims: JSON.stringify(challenge) }),
    },
  };
}

/** The sentence of a code, for a page. */
export function refusalText(code: AadstsCode): string {
  return `AADSTS${code}: ${refusals[code].text}`;
}
