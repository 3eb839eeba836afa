import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createWorkflowVisibility } from '#adapters/temporal/visibility.ts';
import { runWorker, type WorkerState } from '#adapters/temporal/worker-host.ts';
import { programPlace } from '#cli/programs.ts';
import { atEveryAddress } from '#cli/roles/at-every-address.ts';
import { pagingOf } from '#cli/roles/channels.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { escalationRow } from '#cli/roles/escalation-row.ts';
import { keyFolders } from '#cli/roles/ingest.ts';
import { uncoveredRow } from '#cli/roles/policies.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import type { Temporal } from '#cli/roles/temporal.ts';
import type { TenantAccess } from '#cli/roles/tenant-access.ts';
import { workerRow } from '#cli/roles/worker-row.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { HealthRow } from '#web/health-report.ts';
import type { Channel } from '#workflows/activities/channels/channel.ts';
import { createActivities } from '#workflows/activities/create-activities.ts';
import { taskQueue } from '#workflows/contract.ts';
import type { Activities } from '#workflows/definitions/activities.ts';
import { leavingUntil } from '#workflows/leaving.ts';
import { createLogFollower, type LogFollower } from '#workflows/log-follower.ts';
import { createReminders } from '#workflows/reminders.ts';
import { createStarter } from '#workflows/starter.ts';
import { workflowsPath } from '#workflows/worker.ts';

export interface WorkerOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly simulator: RunningSimulator | undefined;
  readonly temporal: Temporal;
  readonly secrets: Secrets;
  /** Absent: nothing is signed in or subscribed; calls are paged all the same. */
  readonly access: TenantAccess | undefined;
  /** With simulators: what they have to have lived through first. */
  readonly lived: Promise<void>;
  readonly signal: AbortSignal;
}

/** The role `worker`: workflows on Temporal. */
export interface RunningWorker {
  readonly rows: () => readonly HealthRow[];
  readonly ended: Promise<void>;
}

/** A key of the payload codec encrypts for so long at most before the next start of a worker makes a new one: 90 days. */
const codecKeyMs = 90 * 86_400_000;
const retryMs = 2_000;
/** What runs is compared with what is wanted this often: somebody may have ended an entity by hand. */
const ensureMs = 300_000;

/** Starts the worker; it comes into its own once Temporal is there, and nothing waits for it. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const { context, temporal, signal } = options;
  let state: WorkerState = { state: 'connecting', detail: 'waits for Temporal' };
  let follower: LogFollower | undefined;
  const uncovered = uncoveredRow(context.settings);
  if (uncovered !== undefined) context.log.error({ next: uncovered.next }, uncovered.word);

  /** Until the signal is aborted, with the server that there is now. */
  async function work(channels: readonly Channel[], activities: Activities, ending: AbortSignal): Promise<void> {
    const [target, connection] = [temporal.target(), temporal.connection()];
    if (target === undefined || connection === undefined) return;
    const { client } = connection;
    const host = runWorker({
      ...{ target, taskQueue, codec: temporal.codec, ...programPlace(context.settings) },
      ...{ clock: context.clock, log: context.log, signal: ending },
      ...{ workflows: { path: workflowsPath }, activities, deployment: { name: 'tocsin' } },
      onState: (next) => {
        state = next;
      },
    });
    follower = createLogFollower({
      ...{ log: options.shared.eventLog, client, taskQueue, clock: context.clock, ids: context.ids },
      recordedBy: context.recordedBy('worker'),
      desired: () => options.access?.desired.subscriptions ?? [],
      pages: channels.length > 0,
      reminders: createReminders({
        ...{ log: options.shared.eventLog, channels, clock: context.clock, ids: context.ids },
        onFailed: (credential, detail) =>
          context.log.warn({ credential, detail }, 'nobody got the reminder to sign in; the next one is louder'),
      }),
    });
    const starter = createStarter({ client, taskQueue, visibility: createWorkflowVisibility(connection) });
    await Promise.all([follower.run(ending), ensureForEver(options, starter, ending), host.done]);
  }

  const paging = pagingOf(context);
  const { channels } = paging;
  const ended = (async () => {
    if ((await temporal.ready) === undefined) return;
    await options.lived;
    if (signal.aborted) return;
    await rotateCodecKeys(options);
    const activities = createActivities(await activityDeps(options, channels));
    await atEveryAddress(temporal, signal, (ending) => work(channels, activities, ending));
  })();
  return {
    ended: ended.catch((error: unknown) => context.log.error({ err: error }, 'the role worker ended by itself')),
    rows: () => [
      temporal.row(),
      workerRow(state),
      ...[uncovered, options.access?.policies.trouble()].filter((row) => row !== undefined),
      ...(follower === undefined ? [] : [escalationRow(follower.health(), channels.length > 0, paging.failing())]),
    ],
  };
}

/** The key store may be away: then the key that there is goes on encrypting until the next start. */
async function rotateCodecKeys({ context, secrets }: WorkerOptions): Promise<void> {
  const { clock, log } = context;
  try {
    if (await createKeyRing({ secrets, clock }).rotateOlderThan(codecKeyMs))
      log.info({}, 'the payloads of workflows are encrypted with a new key; the old ones stay for what is there');
  } catch (error) {
    log.warn(
      { detail: error instanceof Error ? error.message : 'failed' },
      'the key of the payload codec was not looked at: it is, at the next start',
    );
  }
}

async function activityDeps(options: WorkerOptions, channels: readonly Channel[]) {
  const { context, shared, access, simulator } = options;
  const folders = await keyFolders(context, simulator);
  const missing = (): never => {
    throw new Error('no tenant is set');
  };
  return {
    ...{ log: shared.eventLog, sealer: shared.sealer, clock: context.clock, ids: context.ids },
    secrets: options.secrets,
    recordedBy: context.recordedBy('worker'),
    identity: (feed: 'chat' | 'events') => access?.identity(feed) ?? missing(),
    graph: (feed: 'chat' | 'events') => access?.graph(feed) ?? missing(),
    delivery: {
      notificationUrl: access?.notificationUrl ?? '',
      lifecycleNotificationUrl: access?.notificationUrl ?? '',
      ...(access?.eventsUrl === undefined ? {} : { eventsUrl: access.eventsUrl }),
      ...(context.settings.largePayloadsUrl === undefined ? {} : { blobStoreUrl: context.settings.largePayloadsUrl }),
      applicationId: (feed: 'chat' | 'events') =>
        feed === 'chat' ? context.settings.chatClientId : context.settings.eventsClientId,
    },
    makeCertificate: makeSelfSigned,
    holdsKey: async (certificateId: string) => {
      for (const folder of folders) if ((await folder.find(certificateId)) !== undefined) return true;
      return false;
    },
    channels,
    desired: () => access?.desired.subscriptions ?? [],
  };
}

/** Again and again: Temporal may be away, and somebody may end what should run. */
async function ensureForEver(
  { context, access, secrets }: WorkerOptions,
  starter: ReturnType<typeof createStarter>,
  signal: AbortSignal,
) {
  if (access === undefined) return;
  for (let tries = 0; !signal.aborted; tries++) {
    const changed = access.policies.changed();
    try {
      const until = await leavingUntil({ secrets, clock: context.clock });
      if (until === undefined) await starter.ensure(access.desired);
      else
        context.log.warn(
          { until: new Date(until).toISOString() },
          'somebody is deleting this tenant: until then nothing is subscribed',
        );
      tries = 0;
      await context.clock.sleep(ensureMs, AbortSignal.any([signal, changed]));
    } catch (error) {
      if (tries % 15 === 0)
        context.log.warn(
          { detail: error instanceof Error ? error.message : 'failed' },
          'workflows cannot be started yet',
        );
      await context.clock.sleep(retryMs, signal);
    }
  }
}
