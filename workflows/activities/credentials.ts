import { Context } from '@temporalio/activity';
import type { IdentityTrouble } from '#domain/identity/trouble.ts';
import type { CredentialState, DeviceCode, Identity, SignInResult } from '#ports/identity.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { answerOrWait, identityTrouble, maybeHealing, waitFirst } from '#workflows/activities/trouble.ts';
import { codeShown, type Feed, type ShownCode } from '#workflows/contract.ts';
import type { Activities, CredentialFacts, Patient, Trouble } from '#workflows/definitions/activities.ts';

export function createCredentialActivities(
  deps: ActivityDeps,
): Pick<Activities, 'refreshCredential' | 'signIn' | 'completeSignIn' | 'forgetCredential'> {
  const { ids } = deps;

  /** The command line and the admin page ask the workflow for it. Nobody waits for the code of a sign-in that was called off. */
  async function show(code: ShownCode): Promise<void> {
    const { client, info, cancellationSignal } = Context.current();
    if (cancellationSignal.aborted) return;
    const { workflowId } = info.workflowExecution ?? {};
    if (workflowId !== undefined) await client.workflow.getHandle(workflowId).signal(codeShown, code);
  }

  const answer = (input: Patient, trouble: IdentityTrouble): Trouble =>
    answerOrWait(ids, input, maybeHealing(identityTrouble(trouble)));

  return {
    async refreshCredential(input) {
      waitFirst(ids, input);
      const identity = deps.identity(input.credential);
      const known = await identity.state();
      if (!known.ok) return answer(input, known.trouble);
      if (!known.signedIn && identity.kind === 'delegated') return notSignedIn(input.credential);
      const token = await identity.token({ force: true });
      if (!token.ok) return answer(input, token.trouble);
      const state = await identity.state();
      if (!state.ok) return answer(input, state.trouble);
      return factsOf(state, token.token.expiresAt);
    },

    async signIn({ credential, method, ...named }) {
      const identity = deps.identity(credential);
      const { cancellationSignal: signal, info } = Context.current();
      const before = await cameBefore(identity);
      if (before !== undefined) return before;
      const result: SignInResult =
        method === 'browser'
          ? await identity.signInWithBrowser({
              signal,
              open: (verificationUri, expiresAt) =>
                show({ method, userCode: '', verificationUri, expiresAt, ...named }),
              // The same when Temporal tries it again after a worker died.
              name: `${info.workflowExecution?.runId}/${info.activityId}`,
            })
          : await identity.signInWithCode({
              signal,
              show: (code: DeviceCode) => show({ method: 'device-code', ...code, ...named }),
            });
      signal.throwIfAborted();
      return await cameOf(identity, result);
    },

    async completeSignIn({ credential, address }) {
      const identity = deps.identity(credential);
      return (
        (await cameBefore(identity)) ?? (await cameOf(identity, await identity.completeSignInWithBrowser(address)))
      );
    },

    async forgetCredential(input) {
      const forgotten = await deps.identity(input.credential).forget();
      return forgotten.ok ? { ok: true } : answerOrWait(ids, input, identityTrouble(forgotten.trouble));
    },
  };
}

/** The worker before this one may have died when somebody had signed in and nobody knew of it: it is not asked for twice. */
async function cameBefore(identity: Identity): Promise<CredentialFacts | undefined> {
  const { attempt, scheduledTimestampMs } = Context.current().info;
  if (attempt === 1) return undefined;
  const kept = await identity.state();
  const isNew = kept.ok && kept.signedIn && (kept.signedInAt ?? 0) >= scheduledTimestampMs;
  return isNew ? factsOf(kept, kept.tokenExpiresAt) : undefined;
}

async function cameOf(identity: Identity, result: SignInResult): Promise<CredentialFacts | Trouble> {
  if (result.ok) return factsOf(result, result.tokenExpiresAt);
  const trouble = identityTrouble(result.trouble);
  // A sign-in that failed says nothing of the grant that is stored: that is tried again.
  const kept = await identity.state();
  return kept.ok && kept.signedIn ? maybeHealing(trouble) : trouble;
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
