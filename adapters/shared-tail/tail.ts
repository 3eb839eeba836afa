import type { EventLog, LogPosition, RecordedEvent, SubscriptionFilter, SubscriptionState } from '#ports/event-log.ts';

/** The newest events of a log, kept for all who follow it in this process. */
export interface Tail {
  /** Position of the newest event that was seen; undefined while it is not known where the log ends. */
  last(): LogPosition | undefined;
  /** True when nothing after a position is missing here. */
  covers(position: LogPosition | undefined): boolean;
  /** The next events after a position that a filter wants, and up to where was looked. */
  take(
    position: LogPosition,
    limit: number,
    filter: SubscriptionFilter | undefined,
  ): { readonly events: readonly RecordedEvent[]; readonly upTo: LogPosition };
  /** Resolves when something came, the connection changed, or a signal was aborted. */
  changed(signal: AbortSignal): Promise<void>;
  state(): SubscriptionState;
  close(): void;
}

/** Most events that are kept; who is further behind reads the log himself. */
const mostEvents = 4000;
const retryMs = 250;

/** Follows the end of a log with one subscription. Starts at once; waits for a log that is away. */
export function createTail(log: EventLog, sleep: (ms: number, signal: AbortSignal) => Promise<void>): Tail {
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  let events: RecordedEvent[] = [];
  /** Everything after this position is in `events`. */
  let floor: LogPosition | undefined;
  let state: SubscriptionState = { state: 'down', detail: 'not connected yet' };
  const wake = () => {
    const woken = [...waiting];
    waiting.clear();
    for (const one of woken) one();
  };

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
      events.push(...fresh);
      if (events.length > 2 * mostEvents) {
        floor = events.at(-mostEvents - 1)?.position ?? floor;
        events = events.slice(-mostEvents);
      }
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
    covers: (position) => floor !== undefined && !closing.signal.aborted && (position ?? '') >= floor,
    take(position, limit, filter) {
      const taken: RecordedEvent[] = [];
      let upTo = position;
      for (let at = firstAfter(events, position); at < events.length && taken.length < limit; at++) {
        const event = events[at] as RecordedEvent;
        upTo = event.position;
        if (wants(filter, event)) taken.push(event);
      }
      return { events: taken, upTo };
    },
    changed: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted || closing.signal.aborted) return resolve();
        const done = () => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
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
