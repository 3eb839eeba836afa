import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { createWorkflowVisibility } from '#adapters/temporal/visibility.ts';
import type { SubscribingActs } from '#cli/roles/subscribing.ts';
import type { Temporal } from '#cli/roles/temporal.ts';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { PendingSignIn, RenewalView, Started } from '#web/subscribing.ts';
import {
  type Accepted,
  type CredentialView,
  completeSignIn,
  credentialView,
  credentialWorkflowId,
  type PendingCode,
  recreateNow,
  renewNow,
  requestSignIn,
  revokeCredential,
  subscriptionWorkflowId,
} from '#workflows/contract.ts';
import { leaveTenant } from '#workflows/leaving.ts';

/** Milliseconds that an act may take, and within which a sign-in must have a code. */
const actMs = 15_000;
/** All subscriptions at once, with what is said about those that do not end. */
const leaveMs = 30_000;
/** Before that: whether anybody is there to do it. Who waits for a refusal is a person. */
const reachMs = 10_000;
const codeMs = 20_000;
/** An answer to a page of the desk must not wait for a worker that is not there. */
const lookMs = 1_500;

/** What the desk asks of workflows, through Temporal. Ids are those of the streams: `chat`, `events-<slug>`. */
export function createWorkflowActs(temporal: Temporal, secrets: Secrets, clock: Clock): SubscribingActs {
  const handleOf = (workflowId: string) => temporal.connection()?.client.workflow.getHandle(workflowId);
  const subscription = (id: string) => handleOf(subscriptionWorkflowId(id.replace(/^events-/, 'events/')));
  const credential = (id: string) =>
    id === 'chat' || id === 'events' ? handleOf(credentialWorkflowId(id)) : undefined;

  async function act<T>(id: string, work: (() => Promise<T>) | undefined, ms = actMs): Promise<Started<T>> {
    const connection = temporal.connection();
    if (connection === undefined)
      return { ok: false, reason: 'workflows-away', detail: 'Temporal is not there yet; `tocsin status` says why.' };
    if (work === undefined || id === '') return { ok: false, reason: 'not-found' };
    try {
      return { ok: true, value: await connection.within(ms, work) };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { ok: false, reason: 'not-found' };
      if (error instanceof WorkflowUpdateFailedError)
        return { ok: false, reason: 'refused', detail: error.cause?.message ?? 'the workflow refuses it' };
      return {
        ok: false,
        reason: 'workflows-away',
        detail:
          'Temporal, or the role `worker`, does not answer; whether it was done is not known. Look again in a minute.',
      };
    }
  }

  async function view(id: string): Promise<CredentialView | undefined> {
    const connection = temporal.connection();
    const handle = credential(id);
    if (connection === undefined || handle === undefined) return undefined;
    return connection.within(lookMs, () => handle.query(credentialView)).catch(() => undefined);
  }

  return {
    async signIn(id, method) {
      const handle = credential(id);
      const args = { ...(method === undefined ? {} : { method }), why: 'asked for by an operator' };
      const asked = await act(id, handle && (() => handle.executeUpdate(requestSignIn, { args: [args] })));
      if (!asked.ok) return asked;
      const deadline = clock.monotonic() + codeMs;
      while (clock.monotonic() < deadline) {
        const now = await view(id);
        if (now?.pending !== undefined) return { ok: true, value: pendingOf(now.pending) };
        if (now !== undefined && !now.signingIn)
          return { ok: false, reason: 'refused', detail: `${now.what} ${now.next}` };
        await clock.sleep(250);
      }
      return {
        ok: false,
        reason: 'workflows-away',
        detail: 'Entra ID gave no code in time; `tocsin credential list` says why.',
      };
    },
    completeSignIn: async (id, address) => {
      const handle = credential(id);
      return act(
        id,
        handle && (async () => void (await handle.executeUpdate(completeSignIn, { args: [{ address }] }))),
      );
    },
    revoke: async (id, why) => {
      const handle = credential(id);
      return act(id, handle && (async () => void (await handle.executeUpdate(revokeCredential, { args: [{ why }] }))));
    },
    renew: async (id) => {
      const handle = subscription(id);
      return act(id, handle && (async () => renewalOf(await handle.executeUpdate(renewNow), clock.now())));
    },
    recreate: async (id) => {
      const handle = subscription(id);
      return act(id, handle && (async () => void (await handle.executeUpdate(recreateNow))));
    },
    async leave() {
      const connection = temporal.connection();
      const visibility = connection && createWorkflowVisibility(connection);
      return act(
        'all',
        connection &&
          visibility &&
          (async () => {
            const { connection: server, namespace } = connection;
            await connection.within(reachMs, () => server.workflowService.describeNamespace({ namespace }));
            return leaveTenant({ client: connection.client, visibility, secrets, clock });
          }),
        leaveMs,
      );
    },
    async pending(id) {
      const found = (await view(id))?.pending;
      return found === undefined ? undefined : pendingOf(found);
    },
  };
}

/** Less than this, milliseconds, is at once. */
const atOnceMs = 1_000;

/** Whether it is renewed now, or is put off. @param now milliseconds since 1970 UTC */
export function renewalOf({ at }: Accepted, now: number): RenewalView {
  return { started: true, ...(at - now > atOnceMs ? { at: new Date(at).toISOString() } : {}) };
}

function pendingOf({ method, userCode, verificationUri, expiresAt }: PendingCode): PendingSignIn {
  const typedIn = userCode === '' ? {} : { userCode };
  return { method, ...typedIn, verificationUri, expiresAt: new Date(expiresAt).toISOString() };
}
