import type { Client } from '@temporalio/client';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { WorkflowVisibility } from '#ports/workflow-visibility.ts';
import {
  credentialView,
  reconcileWorkflowId,
  retireCredential,
  retireSubscription,
  streamOf,
  subscriptionView,
} from '#workflows/contract.ts';

export interface LeavingDeps {
  readonly client: Client;
  readonly visibility: WorkflowVisibility;
  readonly secrets: Pick<Secrets, 'read' | 'write'>;
  readonly clock: Clock;
  /** Milliseconds that one call waits for what it asked for (default 10 seconds). */
  readonly patienceMs?: number;
}

/** How far leaving has come. */
export interface LeavingProgress {
  /** Nothing of ours is left at Graph, and no grant is kept. */
  readonly ended: boolean;
  /** Subscriptions and credentials that this call ended. */
  readonly subscriptions: readonly string[];
  readonly credentials: readonly string[];
  /** What has not ended yet, and why: ids as of their streams. */
  readonly waiting: readonly { readonly id: string; readonly what: string; readonly next: string }[];
}

const secretName = 'tenant/leaving';
/** So long nothing is started again. Whoever does not delete the tenant after all is watched again by itself, and only then. */
const leaseMs = 1_800_000;
/** Milliseconds for a question to a workflow whose worker may be gone. */
const lookMs = 1_500;
/** Graph allows 10,000 subscriptions in an organisation. */
const mostEntities = 10_000;

/**
 * Ends every subscription at Graph and then forgets every grant, as subscriptions are deleted with the credential that made them. May be repeated until
 * `ended`, and does nothing twice.
 * @throws while Temporal or the key store is away
 */
export async function leaveTenant(deps: LeavingDeps): Promise<LeavingProgress> {
  const { client, visibility, clock, patienceMs = 10_000 } = deps;
  await takeLease(deps);
  const unscheduled = await visibility.removeSchedule(reconcileWorkflowId);
  if (!unscheduled.ok) throw new Error(unscheduled.detail);
  const deadline = clock.monotonic() + patienceMs;

  const runs = async (id: string) => (await client.workflow.getHandle(id).describe()).status.name === 'RUNNING';
  async function running(kind: 'subscription' | 'credential'): Promise<readonly string[]> {
    const listed = await visibility.list({ kind }, mostEntities);
    if (!listed.ok) throw new Error(listed.detail);
    const found: string[] = [];
    // The list may be some seconds old.
    for (const { workflowId } of listed.entities) if (await runs(workflowId)) found.push(workflowId);
    return found;
  }
  async function retire(kind: 'subscription' | 'credential', id: string): Promise<boolean> {
    const handle = client.workflow.getHandle(id);
    const asked =
      kind === 'credential'
        ? handle.executeUpdate(retireCredential)
        : handle.executeUpdate(retireSubscription, { args: [{ cause: 'shutdown' }] });
    const over = asked.then(
      () => handle.result(),
      async (error: unknown) => {
        // It ended while it was asked.
        if (await runs(id)) throw error;
      },
    );
    return within(Math.max(1, deadline - clock.monotonic()), over);
  }
  async function end(kind: 'subscription' | 'credential') {
    const ids = await running(kind);
    const done = await Promise.all(ids.map((id) => retire(kind, id)));
    return { ended: ids.filter((_, at) => done[at]), left: await running(kind) };
  }
  /** False when it took longer; a failure is thrown. */
  async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const over = new AbortController();
    try {
      return await Promise.race([
        work.then(() => true),
        clock.sleep(ms, over.signal).then(
          () => false,
          () => false,
        ),
      ]);
    } finally {
      over.abort();
    }
  }
  async function why(kind: 'subscription' | 'credential', id: string) {
    const handle = client.workflow.getHandle(id);
    let said = { what: 'Nobody works on it.', next: 'See that the role `worker` runs.' };
    const asked = (kind === 'credential' ? handle.query(credentialView) : handle.query(subscriptionView))
      .then(({ what, next }) => {
        said = { what, next };
      })
      .catch(() => undefined);
    await within(lookMs, asked);
    return { id: streamOf(id).slice(kind.length + 1), ...said };
  }

  const subscriptions = await end('subscription');
  const credentials = subscriptions.left.length === 0 ? await end('credential') : { ended: [], left: [] };
  const waiting = [
    ...(await Promise.all(subscriptions.left.map((id) => why('subscription', id)))),
    ...(await Promise.all(credentials.left.map((id) => why('credential', id)))),
  ];
  const ids = (kind: string, all: readonly string[]) => all.map((id) => streamOf(id).slice(kind.length + 1));
  return {
    ended: waiting.length === 0,
    subscriptions: ids('subscription', subscriptions.ended),
    credentials: ids('credential', credentials.ended),
    waiting,
  };
}

async function takeLease({ secrets, clock }: LeavingDeps): Promise<void> {
  const value = new TextEncoder().encode(String(clock.now() + leaseMs));
  for (let tries = 0; ; tries += 1) {
    const read = await secrets.read(secretName);
    if (!read.ok) throw new Error(`key store: ${read.detail}`);
    const written = await secrets.write(secretName, value, read.version);
    if (written.ok) return;
    if (written.reason !== 'conflict') throw new Error(`key store: ${written.detail}`);
    if (tries === 3) throw new Error('somebody else is ending the watch at the same time');
  }
}

/**
 * Until when nothing is to be started, milliseconds since 1970 UTC; undefined where the tenant stays. A key store that is away says nothing: rather watch
 * a tenant that is left than stop watching one that is not.
 */
export async function leavingUntil({
  secrets,
  clock,
}: {
  readonly secrets: Pick<Secrets, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
}): Promise<number | undefined> {
  const read = await secrets.read(secretName).catch(() => undefined);
  if (read?.ok !== true || read.value === undefined) return undefined;
  const until = Number(new TextDecoder().decode(read.value));
  return until > clock.now() ? until : undefined;
}
