import { randomBytes } from 'node:crypto';
import { type AuthenticationResult, CryptoProvider, type PublicClientApplication } from '@azure/msal-node';
import { type BrowserAnswer, browserSignInMs, readBrowserAddress } from '#domain/identity/browser-address.ts';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Clock } from '#ports/clock.ts';
import { numbersIn } from './answer.ts';
import type { BrowserAttempt, BrowserAttempts } from './browser-attempt.ts';
import { type Loopback, openLoopback } from './loopback.ts';
import { delegatedScopes } from './scopes.ts';

export interface BrowserSignInDeps {
  readonly application: PublicClientApplication;
  readonly attempts: BrowserAttempts;
  readonly owner: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly open: (page: Pick<BrowserAttempt, 'url' | 'expiresAt'>) => void | Promise<void>;
  /** Which sign-in it is; absent: one that is not tried again. */
  readonly name?: string;
}

type Outcome =
  | { readonly ok: true; readonly result: AuthenticationResult }
  | { readonly ok: false; readonly refusal: EntraRefusal };

/**
 * Authorization code with PKCE (RFC 7636), answered to a loopback address; a browser of another machine ends there at nothing, and {@link completeByAddress} takes
 * what stands in its address bar.
 */
export async function signInByBrowser(deps: BrowserSignInDeps): Promise<Outcome> {
  const { application, attempts, name } = deps;
  const found = await attempts.find();
  if (!found.ok) return noKeyStore;
  // Somebody may be signing in at the address that the process before has shown: it stays.
  const before = name !== undefined && found.attempt?.name === name ? found.attempt : undefined;
  const state = before?.state ?? randomBytes(32).toString('base64url');
  const loopback = before === undefined ? await openLoopback(state) : await reopenLoopback(before);
  let attempt = before;
  try {
    if (attempt === undefined) {
      attempt = await newAttempt(deps, state, loopback.redirectUri);
      if (!(await attempts.keep(attempt)).ok) return noKeyStore;
    }
    await deps.open(attempt);
    const brought = await wait(loopback, attempt.expiresAt, deps);
    // Cancelled by somebody, or because this process ends: then another one goes on with it.
    if (brought === 'cancelled') return { ok: false, refusal: { error: brought } };
    const taken = await attempts.take(state);
    if (brought === 'timed-out') return { ok: false, refusal: { error: brought } };
    if (!taken.ok) return noKeyStore;
    if (!taken.ours) return over;
    return await redeem(application, attempt, brought);
  } finally {
    await loopback.close();
  }
}

/** Finishes a sign-in that waits, in this process or another. @param address secret: where the browser ended, as it was pasted */
export async function completeByAddress(
  { application, attempts }: Pick<BrowserSignInDeps, 'application' | 'attempts'>,
  address: string,
): Promise<Outcome> {
  const found = await attempts.find();
  if (!found.ok) return noKeyStore;
  const { attempt } = found;
  if (attempt === undefined) return over;
  const read = readBrowserAddress(address, attempt.state);
  if (!read.ok) return over;
  const taken = await attempts.take(attempt.state);
  if (!taken.ok) return noKeyStore;
  return taken.ours ? await redeem(application, attempt, read.answer) : over;
}

async function newAttempt(
  { application, clock, owner, name = '' }: BrowserSignInDeps,
  state: string,
  redirectUri: string,
): Promise<BrowserAttempt> {
  const nonce = randomBytes(32).toString('base64url');
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await application.getAuthCodeUrl({
    scopes: [...delegatedScopes],
    redirectUri,
    state,
    nonce,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    responseMode: 'query',
    // The service user is rarely the one that the browser is signed in with.
    prompt: 'select_account',
  });
  return { owner, name, url, redirectUri, state, nonce, verifier, expiresAt: clock.now() + browserSignInMs };
}

async function redeem(
  application: PublicClientApplication,
  { redirectUri, verifier, nonce }: BrowserAttempt,
  brought: BrowserAnswer,
): Promise<Outcome> {
  if (brought.type === 'refused') {
    const { error, suberror, description } = brought;
    const codes = { error, errorCodes: numbersIn(description) };
    return { ok: false, refusal: { ...codes, ...(suberror === undefined ? {} : { suberror }) } };
  }
  const { code } = brought;
  const request = { scopes: [...delegatedScopes], redirectUri, code, codeVerifier: verifier };
  return { ok: true, result: await application.acquireTokenByCode(request, { code, nonce }) };
}

type Waited = BrowserAnswer | 'cancelled' | 'timed-out';

async function wait(
  { redirected }: Loopback,
  until: number,
  { clock, signal }: Pick<BrowserSignInDeps, 'clock' | 'signal'>,
): Promise<Waited> {
  const done = new AbortController();
  const isOver = clock
    .sleep(Math.max(0, until - clock.now()), AbortSignal.any([signal, done.signal]))
    .then((): Waited => (signal.aborted ? 'cancelled' : 'timed-out'));
  try {
    return await Promise.race([redirected, isOver]);
  } finally {
    done.abort();
  }
}

/** Where the port is another's by now, or this is another machine, the address has to be pasted. */
async function reopenLoopback({ state, redirectUri }: BrowserAttempt): Promise<Loopback> {
  try {
    return await openLoopback(state, Number(new URL(redirectUri).port));
  } catch {
    return { redirectUri, redirected: new Promise(() => {}), close: async () => {} };
  }
}

const noKeyStore: Outcome = { ok: false, refusal: { error: 'key-store' } };
const over: Outcome = { ok: false, refusal: { error: 'browser-over' } };
