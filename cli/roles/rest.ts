import type { RoleName } from '#cli/role-names.ts';
import { runAlarms } from '#cli/roles/alarms-running.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { RunningDesk } from '#cli/roles/desk.ts';
import { cannotKeep, type DiskSpaces } from '#cli/roles/disk-space.ts';
import { expireQuarantine } from '#cli/roles/housekeeping.ts';
import type { RunningIngest } from '#cli/roles/ingest.ts';
import { openOwnListening } from '#cli/roles/own-listening.ts';
import type { ProbeListener } from '#cli/roles/probe-listener.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import type { StayingSubscribed } from '#cli/roles/staying-subscribed.ts';
import { startWatch } from '#cli/roles/watch.ts';
import type { EventHubsSetting } from '#config/parsers.ts';

export interface RestOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly roles: ReadonlySet<RoleName>;
  readonly hub: EventHubsSetting | undefined;
  readonly ingest: RunningIngest | undefined;
  readonly simulator: RunningSimulator | undefined;
  readonly staying: StayingSubscribed;
  readonly disks: Pick<DiskSpaces, 'spaces'>;
  /** Absent where the desk's own listener is the only one. */
  readonly probes?: ProbeListener;
  readonly signal: AbortSignal;
}

export interface RunningRest {
  readonly endpoints: object;
  close(): Promise<void>;
}

/** Starts what follows the log: triage, resolve, desk, probes. Each part is loaded only where its role was asked for. */
export async function startRest(options: RestOptions): Promise<RunningRest> {
  const { context, shared, roles, hub, ingest, staying, disks, signal } = options;
  const endings: (() => Promise<void>)[] = [];
  if (roles.has('ingest')) {
    const housekeeping = expireQuarantine(context, shared.keyStore, signal);
    endings.push(() => housekeeping);
  }
  const triage = roles.has('triage')
    ? (await import('#cli/roles/triage.ts')).startTriage(context, shared, signal)
    : undefined;
  if (triage !== undefined) endings.push(() => triage.ended);
  const resolve =
    roles.has('resolve') && hub !== undefined
      ? await (await import('#cli/roles/resolve.ts')).startResolve(
          context,
          shared,
          hub,
          options.simulator,
          staying.access,
          signal,
        )
      : undefined;
  if (resolve !== undefined) endings.push(() => resolve.ended);
  // Where somebody else keeps subscriptions alive, or nobody does, Tocsin has no proof to record.
  const kept = context.settings.temporal?.kind !== 'off';
  const targets = kept ? (staying.access?.targets ?? []) : [];
  const parts = {
    context,
    shared,
    hub,
    ingest,
    triage: triage?.health,
    resolve: resolve?.row,
    acts: staying.acts,
    payloads: staying.temporal?.payloads,
    workflows: staying.rows,
    targets,
    disks,
    signal,
  };
  if (ingest !== undefined && targets.length > 0) {
    const { listening, close } = await openOwnListening(context, shared, hub, ingest, () =>
      cannotKeep(disks.spaces(), 'event log') ? 'disk-takes-nothing' : 'yes',
    );
    const looking = listening.run(signal);
    const watching = startWatch(context, shared, targets, listening.state, signal);
    const alarms = roles.has('desk') ? undefined : runAlarms({ context, targets, listening: listening.state, signal });
    endings.push(async () => {
      await Promise.all([looking, watching, alarms]);
      await close();
    });
  }
  if (roles.has('worker') && !roles.has('desk') && targets.length > 0) {
    const { runAlarmsOfRecord } = await import('#cli/roles/alarms-of-record.ts');
    const alarms = runAlarmsOfRecord(context, shared, targets, signal);
    endings.push(() => alarms);
  }
  const endpoints: Record<string, string> = {};
  let running: RunningDesk | undefined;
  if (roles.has('desk')) {
    const desk = await (await import('#cli/roles/desk.ts')).startDesk(parts);
    endings.push(() => desk.close());
    endpoints['desk'] = desk.url;
    running = desk;
  }
  if (options.probes !== undefined) {
    const listener = options.probes;
    (await import('#cli/roles/probes.ts')).answerProbes({ ...parts, desk: running, listener });
    endings.push(() => listener.close());
    endpoints['probes'] = listener.url;
  }
  return {
    endpoints,
    async close() {
      for (const end of endings.reverse()) await end();
    },
  };
}
