import { streamPrefixes } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import { linkSignals } from '#kernel/linked-signal.ts';
import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import { createFence, type FenceDeps, type FencePoint } from '#processor/fence.ts';
import { nextOrTimeout } from '#processor/next-or-timeout.ts';
import { aliveEveryMs, standBy } from '#processor/standby.ts';

export interface FollowerDeps extends FenceDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream' | 'subscribe'>;
  readonly stage: Stage;
}

/** What a stage does with the log. */
export interface Stage {
  /** Streams that it wants to see besides `inbox-*`. */
  readonly prefixes: readonly string[];
  /** Those of them whose events have to be dealt with as messages of the hub have: a process that stands by takes over where they are left lying. */
  readonly work?: readonly string[];
  /** It is the active one now: called before the first event. `memo` is what the last active one wrote beside its position. */
  claimed(memo: JsonObject, signal: AbortSignal): Promise<void>;
  /**
   * Deals with events, in log order; with none when it asked to be called ({@link dueIn}), and while work is pending. What it did must be in the log when this resolves, and doing it again
   * must change nothing. `aborted`: the signal came first, the events are handed out again next time.
   */
  take(events: readonly RecordedEvent[], signal: AbortSignal): Promise<Taken>;
  /** Milliseconds until it wants to be called though nothing came; undefined for never. */
  dueIn?(): number | undefined;
  /** Written beside the position. */
  memo?(): JsonObject;
  /** True for a memo that tells of work: the position is put on record now and then as long as it does, and where it is not, a process that stands by takes over. */
  isPending?(memo: JsonObject): boolean;
}

export interface Taken {
  /** How many messages of the hub, and events of {@link Stage.work}, were dealt with. */
  readonly done: number;
  /** The position goes on record at once, or within a quarter of a second where it did so just now; otherwise within a second. */
  readonly urgent: boolean;
  readonly aborted: boolean;
}

/** `active` works; `standby` watches another that does. */
export type FollowerState = 'stopped' | 'starting' | 'active' | 'standby';

export interface Follower {
  /** Works until the signal is aborted. Several may run on one log: one of them is active. */
  run(signal: AbortSignal): Promise<void>;
  state(): FollowerState;
  /** Everything up to here is dealt with and on record. */
  position(): LogPosition | undefined;
  /** Everything that was in the log when it became active is dealt with. */
  caughtUp(): boolean;
}

/** What changed nothing is put on record no later than this. */
const advanceAfterMs = 1_000;
const advanceAfterEvents = 1_000;
/** One call is on record at once; of a hundred a second, each would wait for the position of the one before. Judging a notice again changes nothing. */
const urgentEveryMs = 250;

/**
 * Follows `inbox-*` in log order from where the stage last was. Its position is appended after what it stands for, so that nothing is left out after a
 * crash; the expected revision keeps a second process from working beside the first for longer than one batch. One that was just started becomes the active
 * one at once; one that was displaced takes over when the position does not move though there is work.
 */
export function createFollower(deps: FollowerDeps): Follower {
  const { log, clock, stage } = deps;
  const fence = createFence(deps);
  let state: FollowerState = 'stopped';
  let caughtUp = false;
  let point: FencePoint | undefined;

  async function claim(watched: FencePoint | undefined, signal: AbortSignal): Promise<FencePoint | 'lost' | undefined> {
    for (;;) {
      const from = watched ?? (await fence.read(signal));
      if (from === undefined) return undefined;
      const claimed = await fence.advance(from, from.position, from.memo, signal);
      if (claimed !== 'lost' || watched !== undefined) return claimed;
    }
  }

  /** Works until another process takes over (`lost`) or the signal is aborted. */
  async function follow(from: FencePoint, signal: AbortSignal): Promise<'lost' | undefined> {
    const ending = linkSignals(signal);
    const prefixes = [streamPrefixes.inbox, deps.stream, ...stage.prefixes];
    const items = log
      .subscribe({
        ...(from.position === undefined ? {} : { after: from.position }),
        filter: { by: 'stream-prefix', prefixes },
        signal: ending.signal,
      })
      [Symbol.asyncIterator]();
    const next = nextOrTimeout(items, clock);
    let current = from;
    let { position } = from;
    let pending = 0;
    let urgent = false;
    /** Since when something is pending, and when the position was last put on record. */
    let pendingSince = clock.monotonic();
    let recordedAt = pendingSince - urgentEveryMs;
    point = from;

    /** Milliseconds until the position has to go on record; undefined for never, as nothing is pending. */
    const advanceIn = () => {
      if (pending === 0 && !urgent)
        return stage.isPending?.(current.memo) === true
          ? Math.max(0, recordedAt + aliveEveryMs - clock.monotonic())
          : undefined;
      if (pending >= advanceAfterEvents) return 0;
      const at = pendingSince + advanceAfterMs;
      return Math.max(0, (urgent ? Math.min(at, recordedAt + urgentEveryMs) : at) - clock.monotonic());
    };
    const waitFor = () => {
      const advance = advanceIn();
      const dueIn = stage.dueIn?.();
      const toAdvance = advance !== undefined && advance <= (dueIn ?? advance);
      return { ms: toAdvance ? advance : dueIn, toAdvance };
    };

    /** `go-on`, or why not. */
    async function take(events: readonly RecordedEvent[], waited: boolean): Promise<'go-on' | 'lost' | 'aborted'> {
      const taken = await stage.take(events, signal);
      if (taken.aborted) return 'aborted';
      position = events.at(-1)?.position ?? position;
      if (pending === 0 && !urgent) pendingSince = clock.monotonic();
      pending += taken.done;
      urgent ||= taken.urgent;
      // Who waited until it was due need not compute again whether it is: the clock may be a hair's breadth short of it.
      const dueIn = advanceIn();
      if (dueIn === undefined || (dueIn > 0 && !waited)) return 'go-on';
      const moved = await fence.advance(current, position, stage.memo?.() ?? {}, signal);
      if (moved === undefined) return 'aborted';
      if (moved === 'lost') return 'lost';
      point = current = moved;
      pending = 0;
      urgent = false;
      recordedAt = clock.monotonic();
      return 'go-on';
    }

    try {
      for (;;) {
        const wait = waitFor();
        const result = await next(wait.ms, signal);
        if (signal.aborted || (result !== 'timeout' && result.done === true)) return undefined;
        const item = result === 'timeout' ? { kind: 'events' as const, events: [] } : result.value;
        if (item.kind === 'caught-up') caughtUp = true;
        // Nothing of ours was among what a checkpoint passes over: there is no hurry to put it on record.
        if (item.kind === 'checkpoint') position = item.position;
        if (item.kind !== 'events') continue;
        if (item.events.some((event) => isForeignAdvance(event, deps.stream, current))) return 'lost';
        const outcome = await take(item.events, result === 'timeout' && wait.toAdvance);
        if (outcome !== 'go-on') return outcome === 'lost' ? 'lost' : undefined;
      }
    } finally {
      ending.abort();
      await items.return?.();
    }
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
            await stage.claimed(claimed.memo, signal);
            if (signal.aborted) return;
            state = 'active';
            if ((await follow(claimed, signal)) === undefined) return;
          }
          state = 'standby';
          const prefixes = [streamPrefixes.inbox, ...(stage.work ?? [])];
          watched = await standBy({ log, clock, fence, prefixes, isPending: stage.isPending }, signal);
        }
      } finally {
        state = 'stopped';
      }
    },
    state: () => state,
    position: () => point?.position,
    caughtUp: () => caughtUp,
  };
}

/** Another process moved the position: it is the active one now. */
function isForeignAdvance(event: RecordedEvent, stream: string, own: FencePoint): boolean {
  return event.stream === stream && event.revision > (own.revision === 'no-stream' ? -1 : own.revision);
}
