import { readCallReport } from '#domain/emergency/read.ts';
import { fetchStreams } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { streamPrefixes, triageStream } from '#domain/names.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import { createFollower, type FollowerState, type Taken } from '#processor/follower.ts';
import { createDelayedNotices, judgeDelayed, linkFetchedLate } from '#processor/triage/delayed.ts';
import { createEmergencies } from '#processor/triage/emergencies.ts';
import { judge, type Outcome } from '#processor/triage/judge.ts';
import { createLanes, type Footprint } from '#processor/triage/lanes.ts';
import { footprintOf } from '#processor/triage/match.ts';

export interface TriageDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Names this process; never reused. */
  readonly instanceId: string;
  /** Metadata of an event: what caused it, and the emergency that it belongs to. */
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** Notices that are judged side by side at most, 16 unless said: each waits for the log and hardly computes; more would only queue there. */
  readonly judgedAtOnce?: number;
  /** Told what came of each event of `inbox-*`; must not throw. */
  readonly observe?: (outcome: Outcome, event: RecordedEvent) => void;
  /** Told what an event did that should be impossible; the event is skipped. Must not throw. */
  readonly onError?: (error: unknown, event: RecordedEvent) => void;
}

export type TriageState = FollowerState;

/** How triage is doing, for probes; nothing personal in it. Counts are of this process. */
export interface TriageHealth {
  readonly state: TriageState;
  /** Everything up to here is judged. */
  readonly position?: LogPosition;
  /** Everything that was in the log is judged: what comes now is new. */
  readonly caughtUp: boolean;
  readonly counts: Readonly<Record<Outcome['kind'] | 'failed', number>>;
  /** Why the log has to be asked again. */
  readonly waitingFor?: string;
  /** When something was last judged, milliseconds since 1970 UTC. */
  readonly judgedAt?: number;
}

export interface Triage {
  /** Works until the signal is aborted. Several may run on one log: one of them judges. */
  run(signal: AbortSignal): Promise<void>;
  health(): TriageHealth;
}

/**
 * Turns notices into emergencies (architecture 3.5): follows `inbox-*` and `fetch-*` and appends what each notice means to `emergency-<id>`. Ids derive from the notice,
 * so that judging it again changes nothing; what was judged is never judged again. Notices that have nothing to do with each other are judged side by side.
 */
export function createTriage(deps: TriageDeps): Triage {
  const { log, clock, observe, onError, judgedAtOnce = 16 } = deps;
  const counts = {
    'not-a-call': 0,
    malformed: 0,
    raised: 0,
    enriched: 0,
    repeated: 0,
    refused: 0,
    aborted: 0,
    failed: 0,
  };
  let waitingFor: string | undefined;
  let judgedAt: number | undefined;
  let indexedTo: LogPosition | undefined;
  const retrying = {
    ...{ log, clock, ids: deps.ids },
    onWaiting: (detail: string | undefined) => {
      waitingFor = detail;
    },
  };
  const emergencies = createEmergencies(retrying);
  const delayed = createDelayedNotices(emergencies.index);
  const judging = { ...retrying, emergencies, delayed, metadata: deps.metadata };

  /** Whatever is wrong with one event, the others are known: what throws here would keep every triage from starting. */
  async function observeSafely(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    try {
      delayed.observe(event);
      await emergencies.observe(event, signal);
    } catch (error) {
      onError?.(error, event);
    }
  }

  /** Reads all emergencies up to the end of the log: after the claim, so that whatever its predecessor appended is among them. */
  async function readEmergencies(signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const items = log.subscribe({
      ...(indexedTo === undefined ? {} : { after: indexedTo }),
      filter: { by: 'stream-prefix', prefixes: [streamPrefixes.emergency, fetchStreams] },
      signal: AbortSignal.any([signal, ending.signal]),
    });
    for await (const item of items) {
      if (item.kind === 'caught-up') break;
      for (const event of item.kind === 'events' ? item.events : []) await observeSafely(event, signal);
      if (signal.aborted) return;
      indexedTo = item.kind === 'events' ? item.events.at(-1)?.position : item.position;
    }
    ending.abort();
  }

  async function take(events: readonly RecordedEvent[], signal: AbortSignal): Promise<Taken> {
    const taken = { done: 0, urgent: false, aborted: false };
    const lanes = createLanes(judgedAtOnce);
    for (const event of events) {
      if (taken.aborted) break;
      if (event.stream.startsWith(streamPrefixes.emergency)) {
        if (emergencies.knows(event)) continue;
        await lanes.idle();
        await observeSafely(event, signal);
        continue;
      }
      const isInbox = event.stream.startsWith(streamPrefixes.inbox);
      if (!isInbox && !event.stream.startsWith(fetchStreams)) continue;
      await lanes.begin(
        () => touchedBy(event),
        async () => {
          const outcome = await judgeSafely(event, signal);
          if (outcome === 'aborted') taken.aborted = true;
          else taken.done++;
          if (outcome === 'raised' || outcome === 'enriched') taken.urgent = true;
        },
      );
    }
    await lanes.idle();
    return taken;
  }

  /** What judging an event may look at or change. What came late may be about any emergency. */
  function touchedBy(event: RecordedEvent): Footprint {
    if (!event.stream.startsWith(streamPrefixes.inbox) || event.data['tocsinrecovered'] === true) return 'everything';
    try {
      const report = readCallReport(event);
      return typeof report === 'object' ? footprintOf(report, emergencies.index) : [];
    } catch {
      // Judging it says what is wrong with it.
      return 'everything';
    }
  }

  /** Whatever is wrong with one event, the next one is judged. */
  async function judgeSafely(event: RecordedEvent, signal: AbortSignal): Promise<Outcome['kind'] | 'failed'> {
    let kind: Outcome['kind'] | 'failed' = 'failed';
    try {
      const isDelay = event.stream.startsWith(fetchStreams);
      const outcome = await (isDelay ? judgeDelayed : judge)(judging, event, signal);
      if (!isDelay) await linkFetchedLate(judging, event, outcome, signal);
      kind = outcome.kind;
      observe?.(outcome, event);
    } catch (error) {
      onError?.(error, event);
    }
    counts[kind]++;
    judgedAt = clock.now();
    return kind;
  }

  const follower = createFollower({
    ...retrying,
    ...{ instanceId: deps.instanceId, metadata: deps.metadata, stream: triageStream, type: 'TriageAdvanced' },
    stage: {
      prefixes: [streamPrefixes.emergency, fetchStreams],
      work: [fetchStreams],
      claimed: (_memo, signal) => readEmergencies(signal),
      take,
    },
  });

  return {
    run: follower.run,
    health() {
      const position = follower.position();
      return {
        ...{ state: follower.state(), caughtUp: follower.caughtUp(), counts: { ...counts } },
        ...(position === undefined ? {} : { position }),
        ...(waitingFor === undefined ? {} : { waitingFor }),
        ...(judgedAt === undefined ? {} : { judgedAt }),
      };
    },
  };
}
