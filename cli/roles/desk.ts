import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { runAlarms } from '#cli/roles/alarms-running.ts';
import { bounded } from '#cli/roles/bounded.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { createDeskData, type DeskDataDeps } from '#cli/roles/desk-data.ts';
import type { DeskSignInParts } from '#cli/roles/desk-sign-in.ts';
import { cannotKeep, type DiskSpaces, diskRow } from '#cli/roles/disk-space.ts';
import { createErasing } from '#cli/roles/erasing.ts';
import type { RunningEvidence } from '#cli/roles/evidence.ts';
import { healthReport } from '#cli/roles/health.ts';
import { connectionOf } from '#cli/roles/hub-source.ts';
import { openOwnership, type RunningIngest } from '#cli/roles/ingest.ts';
import { createJudging, type Judging, unjudgedMs } from '#cli/roles/judging.ts';
import { lastKnown } from '#cli/roles/last-known.ts';
import { createListening, type Listening } from '#cli/roles/listening.ts';
import { openOwnListening } from '#cli/roles/own-listening.ts';
import { portHeld } from '#cli/roles/port-holder.ts';
import { createQuarantine } from '#cli/roles/quarantine.ts';
import { type Reached, reachedBoard } from '#cli/roles/reached.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { createSubscribing, type SubscribingActs } from '#cli/roles/subscribing.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import type { Settings } from '#config/settings.ts';
import type { TriageHealth } from '#processor/triage/triage.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import { createReadModels, type ReadModelName, type ReadModels, readModelNames } from '#projections/read-models.ts';
import type { HealthRow } from '#web/health-report.ts';
import { createDeskRegistry } from '#web/live/desk-registry.ts';
import type { PayloadReader } from '#web/payloads.ts';
import type { ProjectionAdmin } from '#web/projection-admin.ts';
import { openDesks } from '#web/routes/probes.ts';
import { startDeskServer } from '#web/server.ts';

export interface DeskOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly hub: EventHubsSetting | undefined;
  readonly ingest: RunningIngest | undefined;
  readonly triage: (() => TriageHealth) | undefined;
  readonly resolve: (() => HealthRow) | undefined;
  /** What can be asked of the workflows; absent where Temporal is off. */
  readonly acts: SubscribingActs | undefined;
  readonly workflows: (() => readonly HealthRow[]) | undefined;
  /** Payloads of Temporal for its pages; absent where it is off. */
  readonly payloads: ((origin: string) => PayloadReader) | undefined;
  /** What the settings want to be watched. */
  readonly targets: readonly WatchTarget[];
  readonly disks: Pick<DiskSpaces, 'spaces'>;
  readonly signal: AbortSignal;
}

export interface RunningDesk {
  readonly url: string;
  /** What only the desk counts, in Prometheus' text format. */
  readonly figures: () => string;
  /** Whether every call of the record can be shown. */
  readonly ready: () => boolean;
  close(): Promise<void>;
}

export async function startDesk(options: DeskOptions): Promise<RunningDesk> {
  const { context, shared, signal } = options;
  const { settings, log, clock } = context;
  const readModels = createReadModels({
    log: shared.eventLog,
    stores: createReadModelFiles({ folder: context.file('read-models') }),
    clock,
    onReport: (report) => log.warn({ ...report }, 'a read model is made again from the log, or tried again'),
  });
  const judging = createJudging({
    ...{ clock, log: shared.eventLog, hub: settings.eventHub },
    partitions: () => listening.state().partitions.map(({ partition }) => partition),
    onLook: (waitingMs) => context.metrics.unjudged.set(waitingMs / 1000),
  });
  const { listening, close: closeListening } = await openListening(options, readModels, judging);
  let evidence: RunningEvidence | undefined;
  const keyStore = async () => (await shared.keyStore.find([])).ok;
  const subscribing = createSubscribing({
    queries: () => readModels.watch,
    acts: options.acts,
    clock,
  });
  const erasures = lastKnown(async () => (await readModels.audit.counts({ type: 'PersonErased' })).total);
  const ready = () => readModels.states().every((state) => state.name !== 'emergencies' || state.caughtUp);
  const deps = {
    context,
    shared,
    readModels,
    ready,
    health: () =>
      healthReport({
        ...{ context, listening, readModels, subscribing, keyStore, erasures },
        unjudgedMs: judging.waitingMs,
        ...{ triage: options.triage, resolve: options.resolve },
        disks: () => options.disks.spaces().map(diskRow),
        workflows: () => [...(options.workflows?.() ?? []), ...(evidence === undefined ? [] : [evidence.row()])],
      }),
  };
  const data = createDeskData(deps);
  const signing = await openSignIn(deps, settings);
  const recording = signing?.run(signal);
  const { host, port } = settings.http;
  const desks = createDeskRegistry(clock.now);
  const started = await startDeskServer({
    data,
    projections: adminOf(readModels),
    quarantine: createQuarantine(context, shared, () => readModels.audit),
    erasing: createErasing(context, shared, readModels),
    ...{ subscribing, desks },
    ...(signing === undefined ? {} : { signIn: signing.signIn }),
    // Where nobody signs in, nobody can be asked for a role.
    ...(signing === undefined || settings.temporalPages === undefined || options.payloads === undefined
      ? {}
      : { payloads: options.payloads(settings.temporalPages) }),
    host,
    port,
    log,
    now: clock.now,
    version: context.version,
  });
  if (!started.ok) {
    if (started.reason === 'port-in-use') throw await portHeld(port, 'TOCSIN_HTTP to another port');
    throw new CommandError(exitCodes.settings, `TOCSIN_HTTP: ${host} is not an address of this machine alone`);
  }
  // Only now: whoever is refused the port must not have written to the read models of the desk that holds it.
  const following = readModels.run(signal);
  const watching = Promise.all([listening.run(signal), judging.run(signal)]);
  evidence = await openEvidence(context, readModels, signal);
  const alarms = runAlarms({
    ...{ context, targets: options.targets, listening: listening.state, signal },
    watch: {
      queries: readModels.watch,
      known: () => readModels.states().some(({ name, caughtUp }) => name === 'watch' && caughtUp),
    },
  });
  return {
    url: started.desk.url,
    figures: () => openDesks(desks.counts()),
    ready,
    async close() {
      await started.desk.close();
      await Promise.all([following, watching, recording, alarms]);
      // What is on its way may take long, and is put again after the next start.
      await bounded(evidence?.ended ?? Promise.resolve(), 1000);
      await signing?.close();
      await readModels.close();
      await closeListening();
    },
  };
}

/** Asks our own ingest where it runs in this process, else the ownership and the hub. */
async function openListening(
  { context, shared, hub, ingest, disks }: DeskOptions,
  readModels: ReadModels,
  judging: Judging,
): Promise<{ readonly listening: Listening; close(): Promise<void> }> {
  const { clock, settings } = context;
  const reached = (): Reached => {
    if (cannotKeep(disks.spaces(), 'event log')) return 'disk-takes-nothing';
    if (cannotKeep(disks.spaces())) return 'not-kept';
    const reached = reachedBoard(readModels.states().find(({ name }) => name === 'emergencies'));
    return reached === 'yes' && judging.waitingMs() > unjudgedMs ? 'not-judged' : reached;
  };
  if (ingest !== undefined) return openOwnListening(context, shared, hub, ingest, reached);
  const ownership = await openOwnership(context, hub);
  const source =
    hub === undefined
      ? undefined
      : createEventHubsSource({
          connection: await connectionOf(hub, settings),
          hub: settings.eventHub,
          consumerGroup: settings.consumerGroup,
          transport: settings.eventHubsTransport,
          clock,
        });
  return {
    listening: createListening({
      clock,
      reached,
      elsewhere: { ownership, source, log: shared.eventLog, hub: settings.eventHub },
    }),
    async close() {
      await source?.close();
      await ownership.close();
    },
  };
}

/** Only where there is storage for it: then it is loaded. */
async function openEvidence(
  context: RunContext,
  readModels: ReadModels,
  signal: AbortSignal,
): Promise<RunningEvidence | undefined> {
  const { evidence } = context.settings;
  if (evidence === undefined) return undefined;
  return (await import('#cli/roles/evidence.ts')).startEvidence(context, evidence, readModels, signal);
}

/** Only where people sign in: then it is loaded. */
async function openSignIn(deps: DeskDataDeps, settings: Settings): Promise<DeskSignInParts | undefined> {
  const { deskUrl, deskClientId } = settings;
  if (deskUrl === undefined || deskClientId === undefined) return undefined;
  const { openDeskSignIn } = await import('#cli/roles/desk-sign-in.ts');
  return openDeskSignIn(deps, {
    ...{ url: deskUrl, clientId: deskClientId, clientSecret: settings.deskClientSecret, help: settings.deskHelp },
    ...{ certificateFile: settings.deskCertificate, privateKey: settings.deskPrivateKey },
    trustedProxy: settings.trustedProxy === 'yes',
  });
}

function adminOf(readModels: ReadModels): ProjectionAdmin {
  const known = (name: string): ReadModelName | undefined => readModelNames.find((one) => one === name);
  return {
    list: () =>
      readModels.states().map(({ name, position, caughtUp, connection, rebuilding }) => ({
        name,
        caughtUp,
        connection,
        ...(position === undefined ? {} : { position }),
        ...(rebuilding === undefined ? {} : { rebuilding: rebuilding.events }),
      })),
    async digest(name) {
      const found = known(name);
      return found === undefined ? undefined : readModels.digest(found);
    },
    async rebuild(name) {
      const found = known(name);
      return found === undefined ? undefined : { name: found, ...(await readModels.rebuild(found)) };
    },
  };
}
