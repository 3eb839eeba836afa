import { ConfidentialClientApplication } from '@azure/msal-node';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Identity } from '#ports/identity.ts';
import { type ApplicationProof, loadProof } from './application-proof.ts';
import { attempt } from './failure.ts';
import { createKeeper, renewMs } from './keeper.ts';
import { authOf, systemOf } from './msal.ts';
import { createSession, type IdentityDeps, stateOf, tokenOf } from './shared.ts';

export interface ApplicationIdentityDeps extends IdentityDeps {
  /** Origin of Graph in the tenant's cloud, which its scope begins with: `https://graph.microsoft.com`. */
  readonly graph: string;
  readonly proof: ApplicationProof;
}

/** The application itself, by client credentials: no person signs in, so `state().signedIn` says that there has been a token. */
export function createApplicationIdentity(deps: ApplicationIdentityDeps): Identity {
  const { credential, secrets, clock, ids, graph, tenantId } = deps;
  const session = createSession(deps);
  const { owner, fail } = session;

  const keeper = createKeeper({
    credential,
    owner,
    secrets,
    clock,
    ids,
    fail,
    isDisposable: true,
    async renew() {
      const proof = await loadProof(deps.proof, secrets, clock.now());
      if (!proof.ok) return fail(proof.refusal);
      const exchange = session.exchange(renewMs);
      return await attempt(exchange, session.skewMs, async () => {
        const clientAssertion = ({ tokenEndpoint = '' }: { tokenEndpoint?: string }) =>
          proof.assertion({
            clientId: deps.clientId,
            tokenEndpoint,
            // In Entra's time, which the discovery document told: a clock of ours that is wrong is told, and does no harm here.
            now: clock.now() + session.skewMs(),
            id: ids.random(),
          });
        const auth = { ...authOf(deps), clientAssertion };
        const application = new ConfidentialClientApplication({ auth, system: systemOf(exchange.network) });
        const scopes = [`${graph}/.default`];
        const result = await application.acquireTokenByClientCredential({ scopes, skipCache: true });
        if (result === null) return fail({ error: 'bad-answer' });
        const token = tokenOf(result, exchange.issued());
        const grant = { owner, cache: '', token, permissions: rolesOf(token.value), tenantId };
        const { expiresAt } = proof;
        return { ok: true, grant: expiresAt === undefined ? grant : { ...grant, grantExpiresAt: expiresAt } };
      });
    },
  });

  const notByPerson: EntraRefusal = { error: 'not-delegated' };
  return {
    credential,
    kind: 'application',
    signInWithCode: async () => fail(notByPerson),
    signInWithBrowser: async () => fail(notByPerson),
    completeSignInWithBrowser: async () => fail(notByPerson),
    token: ({ liveMs = 300_000, force = false } = {}) => keeper.token({ liveMs, force }),
    state: () => stateOf(keeper, owner),
    forget: keeper.forget,
  };
}

/** The claim `roles`, for show only: nothing is decided by a token that was not verified. */
function rolesOf(token: string): readonly string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const roles = (claims as { readonly roles?: unknown } | null)?.roles;
    return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
  } catch {
    return [];
  }
}
