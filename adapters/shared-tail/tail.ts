import type { EventLog, LogPosition, RecordedEvent, SubscriptionFilter, SubscriptionState } from '#ports/event-log.ts';

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
    floor !== undefined && !closing.signal.aborted && (position ?? '') >= floor;

  async function follow(): Promise<void> {
    floor = await endOf(log, sleep, closing.signal);
    if (floor === undefined) return;
    wake();
    const items = log.subscribe({
      ...(floor === '' ? {} : { after: floor }),
      signal: closing.signal,
      onState: (next) => {
        state = next;
        wake();
      },
    });
    for await (const item of items) {
      if (item.kind !== 'events') continue;
      const newest = events.at(-1)?.position ?? floor;
      const fresh = item.events.filter(({ position }) => position > newest);
      if (fresh.length === 0) continue;
      forget();
      events.push(...fresh);
      wake();
    }
  }
  follow().catch((error: unknown) => {
    state = { state: 'down', detail: String(error) };
    floor = undefined;
    wake();
  });

  return {
    last: () => (floor === undefined ? undefined : (events.at(-1)?.position ?? floor)),
    covers,
    expect() {
      const one = {};
      coming.add(one);
      return () => void coming.delete(one);
    },
    join(from, filter, signal) {
      let position = from;
      let woken: (() => void) | undefined;
      const wakeUp = () => woken?.();
      const place: Place = {
        position: () => position,
        isCovered: () => covers(position),
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
    close() {
      closing.abort();
      wake();
    },
  };
}

/** Position of the last event, an empty text for an empty log; asked for until the log answers. */
async function endOf(
  log: EventLog,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<LogPosition | undefined> {
  while (!signal.aborted) {
    const page = await log.readAll({ direction: 'backwards', limit: 1 });
    if (page.ok) return page.events[0]?.position ?? '';
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
