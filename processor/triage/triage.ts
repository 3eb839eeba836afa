import { streamPrefixes, triageStream } from '#domain/names.ts';
import type { EventLog, LogPosition, RecordedEvent, SubscriptionItem } from '#ports/event-log.ts';
import { createEmergencies } from '#processor/triage/emergencies.ts';
import { createFence, type FenceDeps, type FencePoint } from '#processor/triage/fence.ts';
import { judge, type Outcome } from '#processor/triage/judge.ts';
import { nextOrTimeout } from '#processor/triage/next-or-timeout.ts';
import { standBy } from '#processor/triage/standby.ts';

export interface TriageDeps extends Pick<FenceDeps, 'clock' | 'ids' | 'instanceId' | 'metadata'> {
  readonly log: EventLog;
  /** Told what came of each event of `inbox-*`; must not throw. */
  readonly observe?: (outcome: Outcome, event: RecordedEvent) => void;
  /** Told what an event did that should be impossible; the event is skipped. Must not throw. */
  readonly onError?: (error: unknown, event: RecordedEvent) => void;
}

/** `active` judges; `standby` watches another that does. */
export type TriageState = 'stopped' | 'starting' | 'active' | 'standby';

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

/** Judged events that changed nothing are put on record no later than this. */
const advanceAfterMs = 1_000;
const advanceAfterEvents = 1_000;

/**
 * Turns notices into emergencies (architecture 3.5). Follows `inbox-*` in log order from where triage last was, and appends what each notice means to
 * `emergency-<id>`; ids derive from the notice, so that judging it again changes nothing. The position is appended after what it
 * stands for, and its expected revision keeps a second triage from judging beside the first for longer than one batch.
 */
export function createTriage(deps: TriageDeps): Triage {
  const { log, clock, observe, onError } = deps;
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
  let state: TriageState = 'stopped';
  let waitingFor: string | undefined;
  let judgedAt: number | undefined;
  let caughtUp = false;
  let point: FencePoint | undefined;
  const retrying = {
    log,
    clock,
    ids: deps.ids,
    onWaiting: (detail: string | undefined) => {
      waitingFor = detail;
    },
  };
  const emergencies = createEmergencies(retrying);
  const fence = createFence({ ...retrying, instanceId: deps.instanceId, metadata: deps.metadata });
  const judgeDeps = { ...retrying, emergencies, metadata: deps.metadata };
  let indexedTo: LogPosition | undefined;

  /** Makes this process the active one: at once when it starts, later only where the position is still the one it watched. */
  async function claim(watched: FencePoint | undefined, signal: AbortSignal): Promise<FencePoint | 'lost' | undefined> {
    for (;;) {
      const from = watched ?? (await fence.read(signal));
      if (from === undefined) return undefined;
      const claimed = await fence.advance(from, from.position, signal);
      if (claimed !== 'lost' || watched !== undefined) return claimed;
    }
  }

  /** Reads all emergencies up to the end of the log: after the claim, so that whatever its predecessor appended is among them. */
  async function readEmergencies(signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const items = log.subscribe({
      ...(indexedTo === undefined ? {} : { after: indexedTo }),
      filter: { by: 'stream-prefix', prefixes: [streamPrefixes.emergency] },
      signal: AbortSignal.any([signal, ending.signal]),
    });
    for await (const item of items) {
      if (item.kind === 'caught-up') break;
      if (item.kind === 'events') for (const event of item.events) await emergencies.observe(event, signal);
      indexedTo = item.kind === 'events' ? item.events.at(-1)?.position : item.position;
    }
    ending.abort();
  }

  /** Judges until another triage takes over (`lost`) or the signal is aborted. */
  async function follow(from: FencePoint, signal: AbortSignal): Promise<'lost' | undefined> {
    const ending = new AbortController();
    const items = log
      .subscribe({
        ...(from.position === undefined ? {} : { after: from.position }),
        filter: { by: 'stream-prefix', prefixes: [streamPrefixes.inbox, streamPrefixes.emergency, triageStream] },
        signal: AbortSignal.any([signal, ending.signal]),
      })
      [Symbol.asyncIterator]();
    point = from;
    let current = from;
    let position = from.position;
    let pending = 0;
    let advancedAt = clock.monotonic();

    async function advance(): Promise<'lost' | undefined> {
      const next = await fence.advance(current, position, signal);
      if (next === 'lost' || next === undefined) return next;
      point = current = next;
      pending = 0;
      advancedAt = clock.monotonic();
      return undefined;
    }

    const next = nextOrTimeout(items, clock);
    try {
      while (!signal.aborted) {
        const wait = pending === 0 ? undefined : Math.max(0, advancedAt + advanceAfterMs - clock.monotonic());
        const result = await next(wait, signal);
        if (result === 'timeout') {
          if ((await advance()) === 'lost') return 'lost';
          continue;
        }
        if (result.done === true) return undefined;
        const item: SubscriptionItem = result.value;
        if (item.kind === 'caught-up') caughtUp = true;
        if (item.kind === 'checkpoint') position = item.position;
        if (item.kind !== 'events') continue;
        if (item.events.some((event) => isForeignAdvance(event, current))) return 'lost';
        const judged = await judgeBatch(item.events, signal);
        if (signal.aborted && judged.aborted) return undefined;
        position = item.events.at(-1)?.position ?? position;
        if (pending === 0) advancedAt = clock.monotonic();
        pending += judged.notices;
        const due = judged.changed || pending >= advanceAfterEvents || clock.monotonic() - advancedAt >= advanceAfterMs;
        if (pending > 0 && due && (await advance()) === 'lost') return 'lost';
      }
      return undefined;
    } finally {
      ending.abort();
      await items.return?.();
    }
  }

  async function judgeBatch(events: readonly RecordedEvent[], signal: AbortSignal) {
    let notices = 0;
    let changed = false;
    for (const event of events) {
      if (event.stream.startsWith(streamPrefixes.emergency)) await emergencies.observe(event, signal);
      if (!event.stream.startsWith(streamPrefixes.inbox)) continue;
      const outcome = await judgeSafely(event, signal);
      if (outcome === 'aborted') return { notices, changed, aborted: true };
      notices++;
      changed ||= outcome === 'raised' || outcome === 'enriched';
    }
    return { notices, changed, aborted: false };
  }

  /** Whatever is wrong with one event, the next one is judged. */
  async function judgeSafely(event: RecordedEvent, signal: AbortSignal): Promise<Outcome['kind'] | 'failed'> {
    let kind: Outcome['kind'] | 'failed' = 'failed';
    try {
      const outcome = await judge(judgeDeps, event, signal);
      kind = outcome.kind;
      observe?.(outcome, event);
    } catch (error) {
      onError?.(error, event);
    }
    counts[kind]++;
    judgedAt = clock.now();
    return kind;
  }

  return {
    async run(signal) {
      try {
        for (let watched: FencePoint | undefined; !signal.aborted; ) {
          state = 'starting';
          caughtUp = false;
          const claimed = await claim(watched, signal);
          if (claimed === undefined) return;
          if (claimed !== 'lost') {
            await readEmergencies(signal);
            state = 'active';
            if ((await follow(claimed, signal)) === undefined) return;
          }
          state = 'standby';
          watched = await standBy({ log, clock, fence }, signal);
        }
      } finally {
        state = 'stopped';
      }
    },
    health: () => ({
      state,
      ...(point?.position === undefined ? {} : { position: point.position }),
      caughtUp,
      counts: { ...counts },
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...(judgedAt === undefined ? {} : { judgedAt }),
    }),
  };
}

/** Another process moved the position: it is the active one now. */
function isForeignAdvance(event: RecordedEvent, own: FencePoint): boolean {
  return event.stream === triageStream && event.revision > (own.revision === 'no-stream' ? -1 : own.revision);
}
