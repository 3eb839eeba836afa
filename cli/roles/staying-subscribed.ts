import type { RunContext } from '#cli/roles/context.ts';
import { expireNotificationKeys } from '#cli/roles/housekeeping.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { liveSimulated } from '#cli/roles/simulated-past.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import type { SubscribingActs } from '#cli/roles/subscribing.ts';
import type { Temporal } from '#cli/roles/temporal.ts';
import { openTenantAccess, type TenantAccess } from '#cli/roles/tenant-access.ts';
import type { RunningWorker } from '#cli/roles/worker.ts';
import type { TemporalSetting } from '#config/parsers.ts';
import type { HealthRow } from '#web/health-report.ts';

/** What a process has of staying subscribed: the way to the tenant, Temporal, and the worker where it runs here. */
export interface StayingSubscribed {
  readonly access: TenantAccess | undefined;
  readonly acts: SubscribingActs | undefined;
  readonly worker: RunningWorker | undefined;
  readonly temporal: Temporal | undefined;
  /** Rows of the admin page; absent where the role `worker` runs elsewhere. */
  readonly rows: (() => readonly HealthRow[]) | undefined;
  close(): Promise<void>;
}

export interface StayingSubscribedOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly simulator: RunningSimulator | undefined;
  readonly temporal: TemporalSetting;
  readonly roles: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

const withoutTemporal: HealthRow = {
  ...{ kind: 'temporal', name: 'temporal', state: 'warning' },
  word: 'is off: nobody signs in, nothing is subscribed or renewed, nobody is paged',
  next: 'Set TOCSIN_TEMPORAL to host:port of a cluster, or to managed.',
};

/** Opens what the roles of this process need of it; what is large is loaded only then. */
export async function openStayingSubscribed(options: StayingSubscribedOptions): Promise<StayingSubscribed> {
  const { context, roles, simulator, signal } = options;
  const { secrets } = options.shared;
  const access = openTenantAccess(context, secrets);
  const beside = [
    access?.policies.run(signal),
    ...(roles.has('worker') ? [expireNotificationKeys(context, secrets, signal)] : []),
  ].map((each) => each?.catch((error: unknown) => context.log.error({ err: error }, 'housekeeping ended by itself')));
  const lived =
    simulator === undefined || access === undefined
      ? Promise.resolve()
      : liveSimulated({ context, access, secrets, simulator, signal });
  // A desk alone asks the cluster that the worker uses; a dev server belongs to the process with the worker.
  const wanted = options.temporal.kind === 'cluster' ? roles.has('worker') || roles.has('desk') : roles.has('worker');
  const { temporal: setting } = options;
  const temporal =
    setting.kind === 'off' || !wanted
      ? undefined
      : await (await import('#cli/roles/temporal.ts')).openTemporal(context, setting, secrets);
  const worker =
    temporal !== undefined && roles.has('worker')
      ? (await import('#cli/roles/worker.ts')).startWorker({
          ...{ context, shared: options.shared, simulator, temporal, secrets, access, lived, signal },
        })
      : undefined;
  const acts =
    temporal === undefined
      ? undefined
      : (await import('#cli/roles/workflow-acts.ts')).createWorkflowActs(temporal, secrets, context.clock);
  return {
    ...{ access, acts, worker, temporal },
    rows: worker?.rows ?? (roles.has('worker') ? () => [withoutTemporal] : undefined),
    async close() {
      await worker?.ended;
      await Promise.all([lived, ...beside]);
      await temporal?.close();
      await access?.close();
    },
  };
}
