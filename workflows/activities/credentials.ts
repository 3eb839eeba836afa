import { Context } from '@temporalio/activity';
import type { CredentialState, DeviceCode, SignInResult } from '#ports/identity.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { answerOrWait, identityTrouble } from '#workflows/activities/trouble.ts';
import { codeShown, type Feed, type PendingCode } from '#workflows/contract.ts';
import type { Activities, CredentialFacts, Trouble } from '#workflows/definitions/activities.ts';

/** A browser has as long as a person who was sent a device code. */
const browserMs = 15 * 60_000;

export function createCredentialActivities(
  deps: ActivityDeps,
): Pick<Activities, 'refreshCredential' | 'signIn' | 'forgetCredential'> {
  const { ids, clock } = deps;

  /** The command line and the admin page ask the workflow for it. */
  async function show(code: PendingCode): Promise<void> {
    const { client, info } = Context.current();
    const { workflowId } = info.workflowExecution ?? {};
    if (workflowId !== undefined) await client.workflow.getHandle(workflowId).signal(codeShown, code);
  }

  return {
    async refreshCredential(input) {
      const identity = deps.identity(input.credential);
      const known = await identity.state();
      if (!known.ok) return answerOrWait(ids, input, identityTrouble(known.trouble));
      if (!known.signedIn && identity.kind === 'delegated') return notSignedIn(input.credential);
      const token = await identity.token({ force: true });
      if (!token.ok) return answerOrWait(ids, input, identityTrouble(token.trouble));
      const state = await identity.state();
      if (!state.ok) return answerOrWait(ids, input, identityTrouble(state.trouble));
      return factsOf(state, token.token.expiresAt);
    },

    async signIn({ credential, method }) {
      const identity = deps.identity(credential);
      const signal = Context.current().cancellationSignal;
      const result: SignInResult =
        method === 'browser'
          ? await identity.signInWithBrowser({
              signal,
              open: (url) =>
                show({ ...{ method, userCode: '', verificationUri: url, expiresAt: clock.now() + browserMs } }),
            })
          : await identity.signInWithCode({
              signal,
              show: (code: DeviceCode) => show({ method: 'device-code', ...code }),
            });
      signal.throwIfAborted();
      return result.ok ? factsOf(result, result.tokenExpiresAt) : identityTrouble(result.trouble);
    },

    async forgetCredential(input) {
      const forgotten = await deps.identity(input.credential).forget();
      return forgotten.ok ? { ok: true } : answerOrWait(ids, input, identityTrouble(forgotten.trouble));
    },
  };
}

/** Who signed in stays in the key store. */
function factsOf(state: CredentialState, tokenExpiresAt: number | undefined): CredentialFacts {
  return {
    ...{ ok: true, signedIn: state.signedIn, permissions: state.permissions },
    ...(tokenExpiresAt === undefined ? {} : { tokenExpiresAt }),
    ...(state.grantExpiresAt === undefined ? {} : { grantExpiresAt: state.grantExpiresAt }),
  };
}

function notSignedIn(credential: Feed): Trouble {
  return {
    ...{ ok: false, word: 'waiting-for-sign-in', kind: 'later', code: 'not-signed-in', identity: 'sign-in-again' },
    what: 'Nobody has signed in yet.',
    next: `Sign in as the service user: \`tocsin sign-in --feed ${credential}\`.`,
  };
}
