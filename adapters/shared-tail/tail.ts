import { linkSignals } from '#kernel/linked-signal.ts';
import type { EventLog, LogPosition, RecordedEvent, SubscriptionFilter, SubscriptionState } from '#ports/event-log.ts';
import { hasMark, markOf } from '#ports/log-mark.ts';

/** The newest events of a log, kept for all who follow it in this process. */
export interface Tail {
  /** Position of the newest event that was seen; undefined while it is not known where the log ends. */
  last(): LogPosition | undefined;
  /** True when nothing after a position is missing here. */
  covers(position: LogPosition | undefined): boolean;
  /** Somebody is on his way to join: more is kept until he says, by calling what he got, that he has come. */
  expect(): () => void;
  /** Follows from a position that is covered. */
  join(position: LogPosition, filter: SubscriptionFilter | undefined, signal: AbortSignal): Place;
  /** Resolves when something came, the connection changed, or the tail was closed. */
  changed(): Promise<void>;
  state(): SubscriptionState;
  /** Aborted when the log was put back to an earlier state, as from a backup, or is another one: positions of before say nothing any more. */
  era(): AbortSignal;
  closed(): boolean;
  close(): void;
}

/** Where somebody is who follows. */
export interface Place {
  position(): LogPosition;
  /** True when nothing that comes next for him is missing. */
  isCovered(): boolean;
  /** The next events that he wants; goes on to where was looked. */
  take(limit: number): readonly RecordedEvent[];
  /** Resolves when something came, the connection changed, or his signal was aborted. */
  changed(): Promise<void>;
  leave(): void;
}

/** Most events that are kept for somebody who is slow or on his way; who is further behind reads the log himself. */
const mostEvents = 4000;
/** What everybody has is dropped from this many on: more would grow old, and what has grown old costs the collector a full run. */
const droppedAtOnce = 32;
const retryMs = 250;

/** Follows the end of a log with one subscription. Starts at once; waits for a log that is away. */
export function createTail(log: EventLog, sleep: (ms: number, signal: AbortSignal) => Promise<void>): Tail {
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  const places = new Set<Pick<Place, 'position'>>();
  const coming = new Set<object>();
  let events: RecordedEvent[] = [];
  let era = new AbortController();
  /** The newest event that was seen. */
  let newest: RecordedEvent | undefined;
  /** Everything after this position is in `events`. */
  let floor: LogPosition | undefined;
  let state: SubscriptionState = { state: 'down', detail: 'not connected yet' };
  const wake = () => {
    const woken = [...waiting];
    waiting.clear();
    for (const one of woken) one();
  };

  /** Drops what nobody needs any more, in large steps. */
  function forget(): void {
    let cut = coming.size > 0 ? 0 : events.length;
    for (const place of places) cut = Math.min(cut, firstAfter(events, place.position()));
    if (events.length > 2 * mostEvents) cut = Math.max(cut, events.length - mostEvents);
    if (cut < droppedAtOnce) return;
    floor = events[cut - 1]?.position ?? floor;
    events = events.slice(cut);
  }

  const covers = (position: LogPosition | undefined) =>
    floor !== undefined && !closing.signal.aborted && !era.signal.aborted && (position ?? '') >= floor;

  /** After an outage the log may be a copy from a backup, in which what comes next stands before what was seen. */
  async function look(of: AbortController, known: RecordedEvent): Promise<void> {
    while (!of.signal.aborted && !closing.signal.aborted) {
      const has = await hasMark(log, markOf(known));
      if (has === 'no') of.abort();
      if (has !== 'unanswered') return;
      await sleep(retryMs, closing.signal);
    }
  }

  /** Until the log is another one. */
  async function followEra(): Promise<void> {
    const mine = era;
    const end = await endOf(log, sleep, closing.signal);
    if (end === undefined) return;
    newest = end.event;
    floor = end.event?.position ?? '';
    wake();
    const ending = linkSignals(closing.signal, mine.signal);
    let dropped = false;
    const items = log.subscribe({
      ...(floor === '' ? {} : { after: floor }),
      signal: ending.signal,
      onState: (next) => {
        state = next;
        wake();
        if (next.state === 'down') dropped = true;
        else if (dropped && newest !== undefined) {
          dropped = false;
          void look(mine, newest);
        }
      },
    });
    for await (const item of items) {
      if (item.kind !== 'events') continue;
      const last = events.at(-1)?.position ?? floor;
      const fresh = item.events.filter(({ position }) => position > last);
      if (fresh.length === 0) continue;
      forget();
      events.push(...fresh);
      newest = fresh.at(-1);
      wake();
    }
    ending.release();
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      await followEra();
      if (!era.signal.aborted) return;
      floor = newest = undefined;
      events = [];
      era = new AbortController();
      wake();
    }
  }
  follow().catch((error: unknown) => {
    state = { state: 'down', detail: String(error) };
    floor = undefined;
    wake();
  });

  return {
    last: () => (floor === undefined || era.signal.aborted ? undefined : (events.at(-1)?.position ?? floor)),
    covers,
    expect() {
      const one = {};
      coming.add(one);
      return () => void coming.delete(one);
    },
    join(from, filter, signal) {
      let position = from;
      const { signal: mine } = era;
      let woken: (() => void) | undefined;
      const wakeUp = () => woken?.();
      const place: Place = {
        position: () => position,
        isCovered: () => !mine.aborted && covers(position),
        take(limit) {
          const taken: RecordedEvent[] = [];
          for (let at = firstAfter(events, position); at < events.length && taken.length < limit; at++) {
            const event = events[at] as RecordedEvent;
            position = event.position;
            if (wants(filter, event)) taken.push(event);
          }
          return taken;
        },
        changed: () =>
          new Promise((resolve) => {
            if (signal.aborted || closing.signal.aborted) return resolve();
            woken = resolve;
            waiting.add(wakeUp);
          }),
        leave() {
          places.delete(place);
          waiting.delete(wakeUp);
          signal.removeEventListener('abort', wakeUp);
        },
      };
      places.add(place);
      signal.addEventListener('abort', wakeUp);
      return place;
    },
    changed: () =>
      new Promise((resolve) => {
        if (closing.signal.aborted) return resolve();
        waiting.add(resolve);
      }),
    state: () => state,
    era: () => era.signal,
    closed: () => closing.signal.aborted,
    close() {
      closing.abort();
      wake();
    },
  };
}

/** The last event, none in an empty log; asked for until the log answers. */
async function endOf(
  log: EventLog,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly event: RecordedEvent | undefined } | undefined> {
  while (!signal.aborted) {
    const page = await log.readAll({ direction: 'backwards', limit: 1 });
    if (page.ok) return { event: page.events[0] };
    await sleep(retryMs, signal);
  }
  return undefined;
}

function firstAfter(events: readonly RecordedEvent[], position: LogPosition): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as RecordedEvent).position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function wants(filter: SubscriptionFilter | undefined, event: RecordedEvent): boolean {
  if (filter === undefined) return true;
  const name = filter.by === 'stream-prefix' ? event.stream : event.type;
  return filter.prefixes.some((prefix) => name.startsWith(prefix));
}
