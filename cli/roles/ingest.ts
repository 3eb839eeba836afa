import { matchesAny } from '#adapters/crypto/compare.ts';
import { createNotificationKeyFolder, type NotificationKeyFolder } from '#adapters/crypto/notification-key-folder.ts';
import { createNotificationOpener } from '#adapters/crypto/notification-opener.ts';
import { namespaceHost } from '#adapters/event-hubs/connection.ts';
import { createSqlitePartitionOwnership } from '#adapters/sqlite/partition-ownership.ts';
import { bounded } from '#cli/roles/bounded.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { connectionOf, openHubSource } from '#cli/roles/hub-source.ts';
import { createIngestProbe, type IngestProbe } from '#cli/roles/ingest-probe.ts';
import { agentOf, reachingOf } from '#cli/roles/reaching.ts';
import { leaveProgress } from '#cli/roles/scaler-progress.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import { createSubscriptionSecrets } from '#cli/roles/subscription-secrets.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { EventSource } from '#ports/event-source.ts';
import type { PartitionOwnership } from '#ports/partition-ownership.ts';
import { createIngest } from '#processor/ingest/ingest.ts';
import type { PrepareDeps } from '#processor/ingest/prepare.ts';

export interface RunningIngest {
  readonly probe: IngestProbe;
  /** For asking the hub about partitions that others read. */
  readonly source: Pick<EventSource, 'partition'>;
  /** Resolves when everything received was appended or left to the next. */
  readonly ended: Promise<void>;
}

export async function startIngest(
  context: RunContext,
  shared: Shared,
  hub: EventHubsSetting,
  simulator: RunningSimulator | undefined,
  signal: AbortSignal,
): Promise<RunningIngest> {
  const { settings, clock, ids, log, metrics } = context;
  const probe = createIngestProbe(clock, metrics, log);
  const folders = await keyFolders(context, simulator);
  const source = openHubSource(
    {
      connection: hub,
      hub: settings.eventHub,
      consumerGroup: settings.consumerGroup,
      transport: settings.eventHubsTransport,
      reaching: reachingOf(settings),
      ...(simulator !== undefined && { certificateAuthority: simulator.certificateAuthority }),
    },
    clock,
    {
      onState: (partition, state) => log.debug({ partition, ...state }, 'partition'),
      onFault: (detail) => log.error({ detail }, 'the thread that reads the hub has a fault'),
    },
  );
  const ownership = await openOwnership(context, hub);
  const own = createSubscriptionSecrets(shared.secrets, clock, settings.keyStore?.kind === 'vault' ? 2_000 : 100);
  const check = judge(simulator, () => [...(settings.clientStates ?? []), ...own.clientStates()]);
  const ingest = createIngest({
    log: shared.eventLog,
    source,
    ownership,
    ownerId: context.instanceId,
    assignmentIntervalMs: settings.partitionOwnership?.kind === 'blob' ? 3000 : 500,
    opener: createNotificationOpener({ keys: async (id) => (await findKey(folders, id)) ?? own.findKey(id) }),
    sealer: shared.sealer,
    keyStore: shared.keyStore,
    clock,
    ids,
    recordedBy: context.recordedBy('ingest'),
    testNumbers: settings.testNumbers,
    phrases: [...(settings.phrases ?? []), ...defaultPhrases],
    refresh: own.refresh,
    judgeClientState: (subscriptionId, clientState, proof) => {
      const judged = check(subscriptionId, clientState, proof);
      if (judged === 'match' && proof === undefined && subscriptionId !== undefined)
        own.saw(subscriptionId, clientState);
      return judged;
    },
    feedOf: (subscriptionId, clientState) =>
      simulator?.tenant.subscriptions.find(({ id }) => id === subscriptionId)?.feed ??
      own.feedOf(subscriptionId, clientState),
    onRetry: (reason, attempt, about) => {
      metrics.appendRetries.inc({ reason });
      if (attempt > 1) log.warn({ reason, attempt, ...about }, 'an append has to be repeated');
    },
    observe: probe.observer,
  });
  const polling = Promise.all([probe.pollLag(source, signal), tellScaler(context, hub, probe, signal)]);
  const ended = ingest.run(signal).then(async () => {
    await bounded(polling, 1000);
    await bounded(source.close(), 2000);
    await ownership.close();
  });
  return { probe, source, ended };
}

/** @param hub says whose partitions are owned where several namespaces share a container */
export async function openOwnership(
  context: RunContext,
  hub: EventHubsSetting | undefined,
): Promise<PartitionOwnership> {
  const { settings, clock } = context;
  const place = settings.partitionOwnership ?? { kind: 'sqlite' as const, file: context.file('ownership.db') };
  if (place.kind === 'sqlite')
    return createSqlitePartitionOwnership({
      file: place.file,
      hub: settings.eventHub,
      consumerGroup: settings.consumerGroup,
      clock,
    });
  const [{ createBlobOwnership }, agent] = await Promise.all([
    import('#adapters/event-hubs/blob-ownership.ts'),
    agentOf(settings),
  ]);
  return createBlobOwnership({
    containerUrl: place.url,
    ...(agent === undefined ? {} : { agent }),
    namespace: hub === undefined ? 'unknown' : namespaceHost(await connectionOf(hub, reachingOf(settings))),
    hub: settings.eventHub,
    consumerGroup: settings.consumerGroup,
    clock,
  });
}

/** Where claims are blobs, a scaler looks beside them for how far each partition was read. */
async function tellScaler(
  context: RunContext,
  hub: EventHubsSetting,
  probe: IngestProbe,
  signal: AbortSignal,
): Promise<void> {
  const { settings, clock, log } = context;
  const place = settings.partitionOwnership;
  if (place?.kind !== 'blob') return;
  const [{ createBlobProgress }, agent] = await Promise.all([
    import('#adapters/event-hubs/blob-progress.ts'),
    agentOf(settings),
  ]);
  const progress = createBlobProgress({
    ...{ containerUrl: place.url, hub: settings.eventHub, consumerGroup: settings.consumerGroup },
    ...(agent === undefined ? {} : { agent }),
    namespace: namespaceHost(await connectionOf(hub, reachingOf(settings))),
  });
  await leaveProgress(
    {
      ...{ partitions: probe.partitions, write: progress.write, clock },
      onChange: (works, detail) =>
        works
          ? log.info('a scaler can see again how far the hub was read')
          : log.warn(
              { detail },
              'a scaler cannot see how far the hub was read: more copies of ingest may run than needed',
            ),
    },
    signal,
  );
}

/** The folders of private keys of this process: the operator's, and that of the simulated tenant. */
export async function keyFolders(
  context: RunContext,
  simulator: RunningSimulator | undefined,
): Promise<readonly NotificationKeyFolder[]> {
  const paths = [context.settings.notificationKeys, simulator?.tenant.keysFolder].filter((path) => path !== undefined);
  const folders = await Promise.all(
    [...new Set(paths)].map((folder) => createNotificationKeyFolder({ folder, clock: context.clock })),
  );
  for (const warning of folders.flatMap((folder) => folder.warnings()))
    context.log.warn({ ...warning }, 'a notification key is not used');
  return folders;
}

async function findKey(folders: readonly NotificationKeyFolder[], id: string) {
  for (const folder of folders) {
    const key = await folder.find(id);
    if (key !== undefined) return key;
  }
  return undefined;
}

/**
 * Subscriptions that are known by id have one value; for others any accepted one will do, and without any there is nothing to compare. What we
 * fetched and published ourselves carries a proof in its place.
 */
function judge(
  simulator: RunningSimulator | undefined,
  accepted: () => readonly string[],
): PrepareDeps['judgeClientState'] {
  const known = new Map((simulator?.tenant.subscriptions ?? []).map(({ id, clientState }) => [id, clientState]));
  return (subscriptionId, clientState, proof) => {
    if (proof !== undefined && clientState !== undefined && matchesAny(clientState, [proof])) return 'match';
    const own = subscriptionId === undefined ? undefined : known.get(subscriptionId);
    const candidates = own === undefined ? accepted() : [own];
    if (candidates.length === 0) return 'unchecked';
    return matchesAny(clientState ?? '', candidates) ? 'match' : 'mismatch';
  };
}
