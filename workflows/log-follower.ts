import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import { noEmergency } from '#domain/emergency/state.ts';
import type { RecordedBy } from '#domain/metadata.ts';
import { emergencyIdOfStream, emergencyStream } from '#domain/names.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import {
  acknowledged,
  type EscalationInput,
  escalationWorkflowId,
  type LifecycleNotice,
  lifecycleNotice,
  resolved,
  type SubscriptionSpec,
  subscriptionWorkflowId,
  turnedReal,
  workflowTypes,
} from '#workflows/contract.ts';
import { createFollowedPosition } from '#workflows/followed-position.ts';
import { createGraphIds } from '#workflows/graph-ids.ts';
import { readEmergency } from '#workflows/read-emergency.ts';
import type { Reminders } from '#workflows/reminders.ts';

export interface LogFollowerDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream' | 'subscribe'>;
  readonly client: Client;
  readonly taskQueue: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
  /** What is to be subscribed now: lifecycle notices go to these. */
  desired(): readonly SubscriptionSpec[];
  /** False: nobody can be paged, so no escalation is started. */
  readonly pages: boolean;
  readonly paging?: Pick<EscalationInput, 'rules' | 'attemptMs' | 'maxHistory'>;
  /** Brings a reminder to people; absent: nobody is told of any. Nothing waits for it: emergencies go first. */
  readonly reminders?: Reminders;
}

/** How the follower is doing, for probes. */
export interface LogFollowerHealth {
  readonly caughtUp: boolean;
  /** Emergencies that nobody has acted on; test calls are none. */
  readonly open: number;
  /** Why it does not go on; it tries again by itself. */
  readonly waitingFor?: string;
}

export interface LogFollower {
  /** Works until the signal is aborted; waits for the log and for Temporal. Several may run: what each of them does changes nothing the second time. */
  run(signal: AbortSignal): Promise<void>;
  health(): LogFollowerHealth;
}

const prefixes = ['Emergency', 'Microsoft.Graph.Subscription', 'Subscription', 'CredentialReminded'];
const longestDelayMs = 5_000;
/** On a log that nobody has followed yet, older emergencies are history. */
const firstLookMs = 86_400_000;
/** So often it is seen to that what nobody acted on is paged: somebody may have ended an escalation by hand. */
const lookMs = 120_000;

const lifecycleKinds: Readonly<Record<string, LifecycleNotice['kind']>> = {
  'Microsoft.Graph.SubscriptionReauthorizationRequired': 'reauthorizationRequired',
  'Microsoft.Graph.SubscriptionRemoved': 'subscriptionRemoved',
  'Microsoft.Graph.SubscriptionMissed': 'missed',
};

/**
 * Turns what is on record into work: an emergency into an escalation, an acknowledgement into its end, a lifecycle notice of Graph into a signal to the subscription that it
 * is about, a reminder into a message. Where it is, and which emergencies were open there, is on record too (`paging`), written after what it stands for.
 */
export function createLogFollower(deps: LogFollowerDeps): LogFollower {
  const { log, client, clock, ids } = deps;
  const position = createFollowedPosition(deps);
  const graphIds = createGraphIds(log);
  /** Real calls that nobody has acted on. */
  const open = new Set<string>();
  /** Tests and calls that further reports are about, met while catching up: looked at when real ones are paged. */
  const toLookAt = new Set<string>();
  let caughtUp = false;
  let waitingFor: string | undefined;

  /** Until Temporal or the log has done it. */
  async function surely(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await work();
        waitingFor = undefined;
        return;
      } catch (error) {
        waitingFor = error instanceof Error ? error.message : 'failed';
        await clock.sleep(Math.min(longestDelayMs, 100 * 2 ** tries) * (0.5 + ids.fraction() / 2), signal);
      }
    }
  }

  const escalation = (emergencyId: string, test: boolean) => ({
    ...{ workflowId: escalationWorkflowId(emergencyId), taskQueue: deps.taskQueue },
    args: [{ emergencyId, test, ...deps.paging } satisfies EscalationInput],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
  });

  /** @returns false where it ran before, and ended */
  async function begin(emergencyId: string, test: boolean): Promise<boolean> {
    try {
      await client.workflow.start(workflowTypes.escalation, {
        ...escalation(emergencyId, test),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      return true;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return false;
    }
  }

  async function escalate(emergencyId: string, test: boolean): Promise<void> {
    if (!deps.pages) return;
    // A test is paged once. Of a real call the log says whether somebody acted: it may have been restored from an older copy, and be raised a second time.
    if (!(await begin(emergencyId, test)) && !test) await escalateOpen(emergencyId);
  }

  /**
   * As the log says it now: what is remembered of a call may be older than a further report.
   * @param since milliseconds since 1970 UTC: one that was raised before that is history
   */
  async function escalateOpen(emergencyId: string, since = 0): Promise<void> {
    const read = await readEmergency(log, emergencyStream(emergencyId)).catch(() => undefined);
    const state = read?.state ?? noEmergency;
    if ((read?.events[0]?.created ?? since) < since) return;
    if (state.status === 'acknowledged' || state.status === 'resolved') {
      open.delete(emergencyId);
      return;
    }
    if (state.status === 'unacknowledged' && state.call.test) {
      open.delete(emergencyId);
      return escalate(emergencyId, true);
    }
    if (state.status === 'unacknowledged') open.add(emergencyId);
    // One that cannot be read holds up no other: the attempt to page reads it again. An escalation that ended, as a test or by hand, begins anew; one that runs is told.
    if (deps.pages)
      await client.workflow.signalWithStart(workflowTypes.escalation, {
        ...escalation(emergencyId, false),
        ...{ signal: turnedReal, workflowIdReusePolicy: 'ALLOW_DUPLICATE' },
      });
  }

  /** What nobody acted on is paged, whoever ended its escalation. */
  async function keepEscalating(signal: AbortSignal): Promise<void> {
    while (deps.pages && !signal.aborted) {
      await clock.sleep(lookMs, signal);
      // Somebody may act meanwhile.
      if (caughtUp) for (const id of [...open]) if (open.has(id)) await surely(signal, () => escalateOpen(id));
    }
  }

  async function tell(
    workflowId: string,
    send: (handle: ReturnType<Client['workflow']['getHandle']>) => Promise<void>,
  ): Promise<void> {
    try {
      await send(client.workflow.getHandle(workflowId));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** What one event means. While catching up, escalations wait until it is known whether somebody has acted. */
  async function take(event: RecordedEvent, since: number, signal: AbortSignal): Promise<boolean> {
    graphIds.see(event);
    const kind = lifecycleKinds[event.type];
    if (kind !== undefined) {
      await surely(signal, () => route(event, kind));
      return true;
    }
    if (event.type === 'CredentialReminded') {
      void deps.reminders?.tell(event, signal);
      return deps.reminders !== undefined;
    }
    const emergencyId = emergencyIdOfStream(event.stream);
    const emergency = emergencyId === undefined ? undefined : readEmergencyEvent(event);
    if (emergencyId === undefined || emergency === undefined) return false;
    switch (emergency.type) {
      case 'EmergencyRaised': {
        if (event.created < since) return false;
        const { test } = emergency.data.call;
        if (!test) open.add(emergencyId);
        else if (!caughtUp) toLookAt.add(emergencyId);
        if (caughtUp) await surely(signal, () => escalate(emergencyId, test));
        return true;
      }
      case 'EmergencyEnriched': {
        // What looked like a test call, and was paged once, may be a real one; and the other way round, and back.
        const before = open.has(emergencyId);
        if (caughtUp) await surely(signal, () => escalateOpen(emergencyId, since));
        else toLookAt.add(emergencyId);
        return open.has(emergencyId) !== before;
      }
      case 'EmergencyAcknowledged':
      case 'EmergencyResolved': {
        open.delete(emergencyId);
        toLookAt.delete(emergencyId);
        const act = emergency.type === 'EmergencyResolved' ? resolved : acknowledged;
        if (deps.pages)
          await surely(signal, () => tell(escalationWorkflowId(emergencyId), (handle) => handle.signal(act)));
        return true;
      }
      default:
        return false;
    }
  }

  async function route(event: RecordedEvent, kind: LifecycleNotice['kind']): Promise<void> {
    const graphId = await graphIds.of(event);
    const notice: LifecycleNotice = { kind, at: event.created, ...(graphId === undefined ? {} : { graphId }) };
    const specs = deps.desired();
    const id = graphId === undefined ? undefined : await graphIds.entity(graphId, specs);
    const to = specs.filter((spec) => id === undefined || spec.id === id);
    for (const spec of to)
      await tell(subscriptionWorkflowId(spec.id), (handle) => handle.signal(lifecycleNotice, notice));
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const from = await position.read(signal);
    if (from === undefined) return;
    for (const id of from.open) open.add(id);
    const since = from.position === undefined ? clock.now() - firstLookMs : 0;
    let at: LogPosition | undefined = from.position;
    const items = log.subscribe({
      ...(at === undefined ? {} : { after: at }),
      ...{ filter: { by: 'type-prefix', prefixes }, signal },
    });
    for await (const item of items) {
      if (item.kind === 'caught-up' && !caughtUp) {
        // The newest first: nobody may have been paged for them.
        for (const id of new Set([...[...open].reverse(), ...toLookAt]))
          await surely(signal, () => escalateOpen(id, since));
        if (signal.aborted) return;
        toLookAt.clear();
        caughtUp = true;
        await position.advance(at, [...open], signal);
      }
      if (item.kind === 'checkpoint') at = item.position;
      if (item.kind !== 'events') continue;
      let mattered = false;
      for (const event of item.events) mattered = (await take(event, since, signal)) || mattered;
      if (signal.aborted) return;
      at = item.events.at(-1)?.position ?? at;
      if (mattered && caughtUp) await position.advance(at, [...open], signal);
    }
  }

  return {
    async run(signal) {
      const keeping = keepEscalating(signal);
      while (!signal.aborted)
        try {
          await follow(signal);
        } catch (error) {
          waitingFor = error instanceof Error ? error.message : 'failed';
          await clock.sleep(longestDelayMs, signal);
        }
      await keeping;
    },
    health: () => ({ caughtUp, open: open.size, ...(waitingFor === undefined ? {} : { waitingFor }) }),
  };
}
