import { randomBytes } from 'node:crypto';
import { type AuthenticationResult, CryptoProvider, type PublicClientApplication } from '@azure/msal-node';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Clock } from '#ports/clock.ts';
import { numbersIn } from './answer.ts';
import { type Loopback, openLoopback, type Redirected } from './loopback.ts';
import { delegatedScopes } from './scopes.ts';

export interface BrowserSignInDeps {
  readonly application: PublicClientApplication;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly open: (url: string) => void | Promise<void>;
}

/** Authorization code with PKCE (RFC 7636), answered to a loopback address. @returns why there is no token, where there is none */
export async function signInByBrowser(
  deps: BrowserSignInDeps,
): Promise<
  { readonly ok: true; readonly result: AuthenticationResult } | { readonly ok: false; readonly refusal: EntraRefusal }
> {
  const { application, open } = deps;
  const [state, nonce] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const loopback = await openLoopback(state);
  try {
    const { redirectUri } = loopback;
    const scopes = [...delegatedScopes];
    await open(
      await application.getAuthCodeUrl({
        scopes,
        redirectUri,
        state,
        nonce,
        codeChallenge: challenge,
        codeChallengeMethod: 'S256',
        responseMode: 'query',
        // The service user is rarely the one that the browser is signed in with.
        prompt: 'select_account',
      }),
    );
    const redirected = await wait(loopback, deps);
    if (redirected.type !== 'code') return { ok: false, refusal: refusalOf(redirected) };
    const { code } = redirected;
    const request = { scopes, redirectUri, code, codeVerifier: verifier };
    return { ok: true, result: await application.acquireTokenByCode(request, { code, nonce }) };
  } finally {
    await loopback.close();
  }
}

type Waited = Redirected | { readonly type: 'cancelled' | 'timed-out' };

async function wait({ redirected }: Loopback, { clock, signal }: BrowserSignInDeps): Promise<Waited> {
  const done = new AbortController();
  const over = clock
    .sleep(limitMs, AbortSignal.any([signal, done.signal]))
    .then((): Waited => ({ type: signal.aborted ? 'cancelled' : 'timed-out' }));
  try {
    return await Promise.race([redirected, over]);
  } finally {
    done.abort();
  }
}

/** How long a person may take. */
const limitMs = 600_000;

function refusalOf(redirected: Exclude<Waited, { readonly type: 'code' }>): EntraRefusal {
  if (redirected.type !== 'refused') return { error: redirected.type };
  const { error, suberror, description } = redirected;
  return { error, errorCodes: numbersIn(description), ...(suberror === undefined ? {} : { suberror }) };
}
