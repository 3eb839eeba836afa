import { type AuthenticationResult, PublicClientApplication } from '@azure/msal-node';
import { isServiceUser } from '#domain/identity/service-user.ts';
import type { Identity, IdentityFailure, SignInResult } from '#ports/identity.ts';
import { type BrowserAttempt, createBrowserAttempts } from './browser-attempt.ts';
import { completeByAddress, signInByBrowser } from './browser-sign-in.ts';
import { createDevicePolling } from './device-polling.ts';
import type { Exchange } from './exchange.ts';
import { attempt } from './failure.ts';
import type { Grant } from './grant.ts';
import { createKeeper, renewMs } from './keeper.ts';
import { authOf, systemOf } from './msal.ts';
import { delegatedScopes } from './scopes.ts';
import { createSession, describeGrant, type IdentityDeps, stateOf, tokenOf } from './shared.ts';

export interface DelegatedDeps extends IdentityDeps {
  /** Sign-in name or object id of the only account whose sign-in is taken; absent: anybody's. */
  readonly serviceUser?: string;
}

/**
 * The sign-in of the service user, by MSAL as a public client. Each operation has an MSAL of its own, filled with the stored cache under the lock of the
 * key store and stored again before anybody gets the token: so nothing of one operation (throttling, half a sign-in) is left for the next, in this process
 * or another.
 */
export function createDelegatedIdentity(deps: DelegatedDeps): Identity {
  const { credential, secrets, clock, ids } = deps;
  const session = createSession(deps);
  const { owner, fail } = session;
  const attempts = createBrowserAttempts({ credential, owner, secrets, clock });

  const applicationOn = (network: Exchange['network']) =>
    new PublicClientApplication({ auth: authOf(deps), system: systemOf(network) });

  const grantOf = (application: PublicClientApplication, result: AuthenticationResult, exchange: Exchange): Grant => {
    const { account } = result;
    const issued = exchange.issued();
    return {
      owner,
      cache: application.getTokenCache().serialize(),
      token: tokenOf(result, issued),
      permissions: result.scopes.map(shortName),
      grantExpiresAt: issued?.refreshExpiresAt ?? clock.now() + refreshTokenMs,
      ...filled('userId', account?.localAccountId || result.uniqueId),
      ...filled('userName', account?.username),
      tenantId: account?.tenantId || result.tenantId || deps.tenantId,
    };
  };

  const keeper = createKeeper({
    credential,
    owner,
    secrets,
    clock,
    ids,
    fail,
    isDisposable: false,
    async renew(grant) {
      if (grant === undefined) return fail({ error: 'not-signed-in' });
      if (grant.owner !== owner) return fail({ error: 'other-application' });
      const exchange = session.exchange(renewMs);
      return await attempt(exchange, session.skewMs, async () => {
        const application = applicationOn(exchange.network);
        const cache = application.getTokenCache();
        cache.deserialize(grant.cache);
        const [account] = await cache.getAllAccounts();
        if (account === undefined) return fail({ error: 'damaged-grant' });
        const result = await application.acquireTokenSilent({
          account,
          scopes: [...delegatedScopes],
          forceRefresh: true,
        });
        const { signedInAt } = grant;
        const renewed = grantOf(application, result, exchange);
        return { ok: true, grant: signedInAt === undefined ? renewed : { ...renewed, signedInAt } };
      });
    },
  });

  const keep = async (
    outcome: { readonly ok: true; readonly grant: Grant } | IdentityFailure,
  ): Promise<SignInResult> => {
    if (!outcome.ok) return outcome;
    if (deps.serviceUser !== undefined && !isServiceUser(deps.serviceUser, outcome.grant))
      return fail({ error: 'other-account' });
    const grant = { ...outcome.grant, signedInAt: clock.now() };
    const replaced = await keeper.replace(grant);
    return replaced.ok ? describeGrant(grant) : replaced;
  };

  return {
    credential,
    kind: 'delegated',

    async signInWithCode({ signal, show }) {
      const exchange = session.exchange(signInMs, signal);
      const shown = watch(show);
      const { network, ended } = createDevicePolling({ network: exchange.network, clock, signal, show: shown.call });
      const outcome = await attempt(exchange, session.skewMs, async () => {
        const application = applicationOn(network);
        const request = { scopes: [...delegatedScopes], deviceCodeCallback: () => {} };
        const result = await application.acquireTokenByDeviceCode(request);
        if (result === null) return fail({ error: 'bad-answer' });
        return { ok: true, grant: grantOf(application, result, exchange) };
      });
      shown.rethrow();
      const why = ended();
      return await keep(why === undefined || outcome.ok ? outcome : fail({ error: why }));
    },

    async signInWithBrowser({ signal, open, name }) {
      const exchange = session.exchange(signInMs, signal);
      const opened = watch(({ url, expiresAt }: Pick<BrowserAttempt, 'url' | 'expiresAt'>) => open(url, expiresAt));
      const outcome = await attempt(exchange, session.skewMs, async () => {
        const application = applicationOn(exchange.network);
        const named = name === undefined ? {} : { name };
        const deps = { application, attempts, owner, clock, signal, open: opened.call, ...named };
        const signedIn = await signInByBrowser(deps);
        if (!signedIn.ok) return fail(signedIn.refusal);
        return { ok: true, grant: grantOf(application, signedIn.result, exchange) };
      });
      opened.rethrow();
      return await keep(outcome);
    },

    async completeSignInWithBrowser(address) {
      const exchange = session.exchange(renewMs);
      const outcome = await attempt(exchange, session.skewMs, async () => {
        const application = applicationOn(exchange.network);
        const signedIn = await completeByAddress({ application, attempts }, address);
        if (!signedIn.ok) return fail(signedIn.refusal);
        return { ok: true, grant: grantOf(application, signedIn.result, exchange) };
      });
      return await keep(outcome);
    },

    token: ({ liveMs = 300_000, force = false } = {}) => keeper.token({ liveMs, force }),
    state: () => stateOf(keeper, owner),
    forget: keeper.forget,
  };
}

/** "Refresh tokens in the Microsoft identity platform", token lifetime: 90 days from its last use. */
const refreshTokenMs = 90 * 86_400_000;
/** Longer than any code lives. */
const signInMs = 3_900_000;

const shortName = (scope: string) => scope.slice(scope.lastIndexOf('/') + 1);

function filled<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined || value === '' ? {} : ({ [name]: value } as Record<Name, string>);
}

/** What the caller's own function throws is the caller's, not MSAL's. */
function watch<T>(callback: (value: T) => void | Promise<void>) {
  let thrown: { readonly error: unknown } | undefined;
  return {
    async call(value: T): Promise<void> {
      try {
        await callback(value);
      } catch (error) {
        thrown = { error };
        throw error;
      }
    },
    rethrow() {
      if (thrown !== undefined) throw thrown.error;
    },
  };
}
