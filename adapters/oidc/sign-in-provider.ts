import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  ClientError,
  calculatePKCECodeChallenge,
  None,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound } from '#ports/outbound.ts';
import type { FinishResult, ProviderAway, SignInProvider } from '#ports/sign-in.ts';
import { type ClientProof, clientAuthOf } from './client-proof.ts';
import { createDiscovery } from './discovery.ts';
import { personIn } from './person-in.ts';
import { isUnreachable } from './provider-fetch.ts';

export interface OidcDeps {
  /** Exactly as it stands in tokens: `https://login.microsoftonline.com/<tenant id>/v2.0`. */
  readonly issuer: string;
  /** `tid` that people must be of. */
  readonly tenant: string;
  readonly clientId: string;
  readonly proof: ClientProof;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Signs people in at Microsoft Entra ID, or any provider of OpenID Connect with its claims `tid`, `oid` and `roles`, by openid-client. No token is kept. */
export function createSignInProvider(deps: OidcDeps): SignInProvider {
  let auth: ClientAuth = None();
  const discovered = createDiscovery({
    ...deps,
    auth: (server, client, body, headers) => auth(server, client, body, headers),
  });

  return {
    async begin(redirectUri, chooseAccount) {
      try {
        const configuration = await discovered();
        const transaction = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
        const url = buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri,
          scope: 'openid profile',
          response_mode: 'query',
          state: transaction.state,
          nonce: transaction.nonce,
          code_challenge: await calculatePKCECodeChallenge(transaction.verifier),
          code_challenge_method: 'S256',
          ...(chooseAccount ? { prompt: 'select_account' } : {}),
        });
        return { ok: true, url: url.href, transaction };
      } catch (error) {
        return away(error);
      }
    },

    async finish(callback, { state, nonce, verifier }) {
      try {
        const configuration = await discovered();
        auth = await clientAuthOf(deps.proof);
        const tokens = await authorizationCodeGrant(configuration, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return personIn(tokens.claims(), deps);
      } catch (error) {
        return failureOf(error);
      }
    },

    async endSession(backTo) {
      try {
        const configuration = await discovered();
        if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
        return buildEndSessionUrl(configuration, { post_logout_redirect_uri: backTo }).href;
      } catch {
        return undefined;
      }
    },
  };
}

/** Codes alone: messages of providers name people and addresses. */
function failureOf(error: unknown): FinishResult {
  if (error instanceof AuthorizationResponseError) return { ok: false, reason: 'declined', detail: word(error.error) };
  if (isUnreachable(error)) return away(error);
  if (error instanceof ResponseBodyError) {
    // What is wrong with our own registration, and not with what the browser brought.
    const ours = ['invalid_client', 'unauthorized_client'].includes(error.error);
    return ours ? away(error) : { ok: false, reason: 'invalid', detail: word(error.error) };
  }
  if (error instanceof ClientError) return { ok: false, reason: 'invalid', detail: word(error.code) };
  return away(error);
}

function away(error: unknown): ProviderAway {
  const detail =
    error instanceof ResponseBodyError
      ? `${word(error.error)}${aadsts(error.error_description)}`
      : isUnreachable(error)
        ? reasonOf(error)
        : word(error instanceof ClientError ? (error.code ?? error.message) : 'the client cannot prove itself');
  return { ok: false, reason: 'away', detail };
}

function reasonOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at.name === 'ProviderUnreachableError') return at.message;
  return 'no answer in time';
}

/** The number of Entra's own that says what is wrong (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"). */
function aadsts(description: string | undefined): string {
  const number = /AADSTS\d{4,8}/.exec(description ?? '')?.[0];
  return number === undefined ? '' : ` ${number}`;
}

const word = (text: string | undefined) => (text ?? 'unknown').replaceAll(/[^\w .:-]/g, '').slice(0, 100);
