import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowVisibility } from '#ports/workflow-visibility.ts';
import {
  configureCredential,
  configureSubscription,
  credentialWorkflowId,
  reconcileWorkflowId,
  retireCredential,
  retireSubscription,
  subscriptionWorkflowId,
  workflowTypes,
} from '#workflows/contract.ts';
import type { CredentialInput } from '#workflows/definitions/credential.ts';
import type { SubscriptionInput } from '#workflows/definitions/subscription.ts';
import { type Desired, wantedIds } from '#workflows/desired.ts';

export interface StarterDeps {
  readonly client: Client;
  readonly taskQueue: string;
  readonly visibility: WorkflowVisibility;
  /** From one reconciliation to the next: milliseconds (default 1 hour). */
  readonly reconcileMs?: number;
}

/** Brings what runs in line with what is wanted. Every call throws while Temporal is away and may be repeated. */
export interface Starter {
  /** Starts what is wanted and does not run, tells what runs how it is wanted, and retires what is not wanted any more. */
  ensure(desired: Desired): Promise<Ensured>;
}

export interface Ensured {
  readonly running: readonly string[];
  readonly retired: readonly string[];
}

const hour = 3_600_000;
/** Graph allows 10,000 subscriptions in an organisation. */
const mostEntities = 10_000;
const conflict = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;

export function createStarter(deps: StarterDeps): Starter {
  const { client, taskQueue, visibility } = deps;

  async function retire(workflowId: string): Promise<void> {
    const handle = client.workflow.getHandle(workflowId);
    try {
      if (workflowId.startsWith('credential/')) await handle.executeUpdate(retireCredential);
      else await handle.executeUpdate(retireSubscription, { args: [{ cause: 'policy-gone' }] });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  async function running(kind: 'subscription' | 'credential'): Promise<readonly string[]> {
    const listed = await visibility.list({ kind }, mostEntities);
    if (!listed.ok) throw new Error(listed.detail);
    return listed.entities.map(({ workflowId }) => workflowId);
  }

  return {
    async ensure(desired) {
      // Subscriptions first: a credential that works tells them.
      for (const spec of desired.subscriptions)
        await client.workflow.signalWithStart(workflowTypes.subscription, {
          ...{ workflowId: subscriptionWorkflowId(spec.id), taskQueue, args: [{ spec } satisfies SubscriptionInput] },
          ...{ signal: configureSubscription, signalArgs: [spec], ...conflict },
        });
      for (const spec of desired.credentials)
        await client.workflow.signalWithStart(workflowTypes.credential, {
          ...{ workflowId: credentialWorkflowId(spec.id), taskQueue, args: [{ spec } satisfies CredentialInput] },
          ...{ signal: configureCredential, signalArgs: [spec], ...conflict },
        });
      const wanted = wantedIds(desired);
      const unwanted = [...(await running('subscription')), ...(await running('credential'))].filter(
        (id) => !wanted.has(id),
      );
      // Subscriptions first: they are deleted with the credential that made them.
      for (const id of unwanted) await retire(id);
      const scheduled = await visibility.ensureSchedule({
        ...{ id: reconcileWorkflowId, everyMs: deps.reconcileMs ?? hour },
        workflow: {
          ...{ type: workflowTypes.reconcile, workflowId: reconcileWorkflowId, taskQueue },
          args: [{ feeds: desired.credentials.map(({ id }) => id) }],
        },
      });
      if (!scheduled.ok) throw new Error(scheduled.detail);
      return { running: [...wanted], retired: unwanted };
    },
  };
}
