import { writeSync } from 'node:fs';
import { endAtOnce, endProcess } from '#cli/ending.ts';
import { createEndpointsFile, type Endpoints } from '#cli/endpoints.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { type RoleName, roleNames } from '#cli/role-names.ts';
import { announce } from '#cli/roles/announce.ts';
import { createContext, type RunContext } from '#cli/roles/context.ts';
import { createDiskSpaces, keptFolders } from '#cli/roles/disk-space.ts';
import { pointAt } from '#cli/roles/pointing.ts';
import { requireFreePort } from '#cli/roles/port-holder.ts';
import { openStayingSubscribed, type StayingSubscribed } from '#cli/roles/staying-subscribed.ts';
import { sayWhereTemporalIs } from '#cli/roles/where-temporal-is.ts';
import type { SettingFlags } from '#cli/setting-flags.ts';
import { requireSettings } from '#cli/settings.ts';
import { collectSeldom, settleThread } from '#cli/settling.ts';
import { version } from '#cli/version.ts';
import type { EventHubsSetting, EventLogSetting } from '#config/parsers.ts';

/** Milliseconds that a graceful stop may take. */
const stopMs = 10_000;

/** `tocsin run`: starts the roles, says where everything is, and ends when it is told to. */
export async function run(
  rolesText: string | undefined,
  options: { readonly simulate?: boolean },
  flags: SettingFlags,
): Promise<void> {
  const started = performance.now();
  collectSeldom();
  const roles = parseRoles(rolesText, options.simulate === true);
  const settings = requireSettings(flags);
  const workerAsked = rolesText?.split(',').some((name) => name.trim() === 'worker') === true;
  // `off` is somebody's decision: then it runs, and says what it cannot do.
  if (workerAsked && options.simulate !== true && settings.temporal === undefined)
    throw new CommandError(
      exitCodes.settings,
      'the settings are wrong:\n  - TOCSIN_TEMPORAL must be set for the role worker: host:port of a cluster, or managed.',
    );
  const stopping = new AbortController();
  const context = await createContext(settings, version, stopping.signal);
  const stack = new AsyncDisposableStack();
  const endpoints = createEndpointsFile(context.stateDir, process.pid);
  const asked = waitForSignal(context);
  let starting = true;
  // Whoever waits for its keys or the log ends as well: nothing has begun that would have to end in order.
  void asked.then(() => starting && stopping.abort());
  guardProcess(context);
  try {
    const { own, staying } = await startRoles(context, roles, options.simulate === true, stack);
    starting = false;
    settleThread();
    await endpoints.write(own);
    if (staying?.temporal !== undefined)
      void sayWhereTemporalIs(staying.temporal, stopping.signal, (where) => endpoints.write({ ...own, ...where }));
    announce(context, own, performance.now() - started);
    await asked;
    context.log.info('stopping');
  } catch (error) {
    const wasAsked = stopping.signal.aborted;
    stopping.abort();
    await withDeadline(stack.disposeAsync(), stopMs).catch(() => undefined);
    await endpoints.remove();
    if (!wasAsked) throw error;
    context.log.info('ended before it had started');
    return await endProcess(exitCodes.done);
  }
  stopping.abort();
  const ended = await withDeadline(stack.disposeAsync(), stopMs);
  await endpoints.remove();
  if (!ended) context.log.error('not everything ended in time; what was not appended is read again at the next start');
  await endProcess(ended ? exitCodes.done : exitCodes.no);
}

function parseRoles(text: string | undefined, simulate: boolean): ReadonlySet<RoleName> {
  const names =
    text === undefined ? roleNames.filter((name) => name !== 'simulator') : text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(roleNames as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new CommandError(
      exitCodes.usage,
      `there is no role ${unknown.join(', ')}; there are ${roleNames.join(', ')}`,
    );
  return new Set([...(names as RoleName[]), ...(simulate ? (['simulator'] as const) : [])]);
}

async function startRoles(
  given: RunContext,
  roles: ReadonlySet<RoleName>,
  simulate: boolean,
  stack: AsyncDisposableStack,
): Promise<{ readonly own: Endpoints; readonly staying?: StayingSubscribed }> {
  let context = given;
  const own: Record<string, unknown> = { pid: process.pid, version, roles: [...roles] };
  await loadModules(roles);
  // Whoever is refused the desk's port must not have taken over any work from the process that holds it.
  if (roles.has('desk')) await requireFreePort(context.settings.http, 'TOCSIN_HTTP to another port');
  const working = [...roles].filter((role) => role !== 'simulator');
  // Simulators that run alone are there for others, just as with --simulate; beside roles that use the embedded log they serve that very log.
  const pointing = simulate || working.length === 0;
  const embedded = pointing ? context.file('simulator', 'event-log.db') : context.file('event-log.db');
  const simulator = roles.has('simulator')
    ? await (await import('#cli/roles/simulator-thread.ts')).startSimulatorThread(
        context,
        context.settings.eventLog?.kind === 'sqlite' ? context.settings.eventLog.file : embedded,
      )
    : undefined;
  if (simulator !== undefined) {
    stack.defer(() => simulator.close());
    if (simulate) context = { ...context, settings: pointAt(context.settings, simulator.settings) };
    const { tenant } = simulator;
    Object.assign(own, {
      eventHubs: simulator.eventHubs,
      eventHub: context.settings.eventHub,
      consumerGroup: context.settings.consumerGroup,
      eventStoreDB: simulator.eventStoreDb,
      simulator: simulator.control,
      certificateAuthority: simulator.certificateAuthority,
      graph: simulator.graph,
      entra: simulator.entra,
      tenant: {
        ...{ id: tenant.id, domain: tenant.domain, serviceUser: tenant.serviceUser },
        ...{ chatClientId: tenant.chatClientId, eventsClientId: tenant.eventsClientId },
        deskClientId: tenant.deskClientId,
        ...{ eventsCertificate: tenant.eventsCertificate, eventsPrivateKey: tenant.eventsPrivateKey },
      },
    });
  }
  const { settings } = context;
  const eventLog: EventLogSetting =
    settings.eventLog ??
    (pointing && simulator !== undefined
      ? { kind: 'esdb', connectionString: simulator.eventStoreDb }
      : { kind: 'sqlite', file: embedded });
  own['eventLog'] = eventLog.kind === 'sqlite' ? `sqlite:${eventLog.file}` : eventLog.connectionString;
  const hub: EventHubsSetting | undefined =
    settings.eventHubs ??
    (simulate && simulator !== undefined ? { kind: 'connection-string', value: simulator.eventHubs } : undefined);
  if (working.length === 0) return { own: own as unknown as Endpoints };

  const probes = await openProbes(context, roles, stack);
  const { checkLog, openShared } = await import('#cli/roles/shared.ts');
  const shared = await openShared(context, eventLog);
  stack.defer(() => shared.close());
  // Its file is there now. What our own simulator serves is as much on this machine's disk.
  const isSimulated = simulator !== undefined && settings.eventLog === undefined;
  const keptIn: EventLogSetting = isSimulated ? { kind: 'sqlite', file: embedded } : eventLog;
  const disks = createDiskSpaces({ context, folders: keptFolders(settings, keptIn) });
  void disks.run(context.signal);
  await checkLog(context, shared);
  context.signal.throwIfAborted();
  const needHub = (role: string): EventHubsSetting => {
    if (hub !== undefined) return hub;
    throw new CommandError(
      exitCodes.settings,
      `the settings are wrong:\n  - TOCSIN_EVENT_HUBS must be set for the role ${role} (a connection string, or https://<namespace>.servicebus.windows.net); or run with --simulate.`,
    );
  };
  // Stages are stopped one after the other in the order of the flow: what ingest still appends, triage and desk still see.
  const restStop = new AbortController();
  const ingestStop = new AbortController();
  let closeRest = async () => {};
  stack.defer(async () => {
    restStop.abort();
    await closeRest();
  });
  const ingest = roles.has('ingest')
    ? await (await import('#cli/roles/ingest.ts')).startIngest(
        context,
        shared,
        needHub('ingest'),
        simulator,
        ingestStop.signal,
      )
    : undefined;
  stack.defer(async () => {
    ingestStop.abort();
    await ingest?.ended;
  });
  const staying = await openStayingSubscribed({
    ...{ context, shared, simulator, roles, signal: restStop.signal },
    temporal: settings.temporal ?? { kind: simulate ? 'managed' : 'off' },
  });
  const { startRest } = await import('#cli/roles/rest.ts');
  const rest = await startRest({
    context,
    shared,
    roles,
    hub: roles.has('resolve') ? needHub('resolve') : hub,
    ingest,
    simulator,
    staying,
    disks,
    ...(probes === undefined ? {} : { probes }),
    signal: restStop.signal,
  });
  closeRest = async () => {
    await rest.close();
    await staying.close();
  };
  Object.assign(own, rest.endpoints);
  return { own: own as unknown as Endpoints, staying };
}

/** Before anything is waited for. Where the desk's own listener is the only one, there is none yet. */
async function openProbes(context: RunContext, roles: ReadonlySet<RoleName>, stack: AsyncDisposableStack) {
  const { probes: at } = context.settings;
  if (at === undefined && roles.has('desk')) return undefined;
  const { openProbeListener } = await import('#cli/roles/probe-listener.ts');
  const probes = await openProbeListener(at ?? { host: '127.0.0.1', port: 0 });
  stack.defer(() => probes.close());
  context.log.info({ probes: probes.url }, 'probes are answered');
  return probes;
}

/** Loads the code of all roles first: loading blocks the event loop, and clients that already talk would run into their timers. */
async function loadModules(roles: ReadonlySet<RoleName>): Promise<void> {
  await Promise.all([
    roles.has('simulator') ? import('#cli/roles/simulator-thread.ts') : undefined,
    import('#cli/roles/shared.ts'),
    roles.has('ingest') ? import('#cli/roles/ingest.ts') : undefined,
    import('#cli/roles/rest.ts'),
    roles.has('triage') ? import('#cli/roles/triage.ts') : undefined,
    roles.has('resolve') ? import('#cli/roles/resolve.ts') : undefined,
    roles.has('desk') ? import('#cli/roles/desk.ts') : undefined,
  ]);
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, which is safe at any instant. */
function waitForSignal(context: RunContext): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) endAtOnce(exitCodes.no);
        asked = true;
        context.log.info({ signal }, 'asked to end');
        resolve();
      });
    }
  });
}

/**
 * Vendor clients reject promises that nobody holds when a server goes away. Such a rejection is logged and counted, and the parts that wait
 * notice by their own timers; an exception that nobody caught leaves unknown state behind and ends the process.
 */
function guardProcess(context: RunContext): void {
  process.on('unhandledRejection', (reason) => {
    context.metrics.errors.inc({ code: 'unhandled-rejection' });
    context.log.error(
      {
        err:
          reason instanceof Error
            ? { name: reason.name, message: reason.message, stack: reason.stack }
            : String(reason),
      },
      'a rejection that nobody handled',
    );
  });
  process.on('exit', () => context.log.flush());
  process.on('uncaughtException', ({ name, message, stack }) => {
    const line = {
      level: 60,
      time: context.clock.now(),
      err: { name, message, stack },
      msg: 'an exception that nobody caught',
    };
    try {
      // Once, and by nothing that could wait or fail by itself: the process has to end.
      writeSync(2, `${JSON.stringify(line)}\n`);
    } catch {
      // Nobody can be told.
    }
    endAtOnce(70);
  });
}

async function withDeadline(work: Promise<void>, ms: number): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());
  return Promise.race([work.then(() => true as const), late]);
}
