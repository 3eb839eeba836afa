import type { RecordedEvent, SubscribeOptions, SubscriptionFilter, SubscriptionItem } from '#ports/event-log.ts';

/**
 * A subscription to a log in memory.
 * @param events by position, from 1 on; a place is empty where one was dropped. It grows while it is followed.
 * @param woken the promise that the next append keeps
 */
export async function* followInMemory(
  events: readonly (RecordedEvent | undefined)[],
  woken: () => Promise<void>,
  { after, signal, filter, batchSize = 500 }: SubscribeOptions,
): AsyncGenerator<SubscriptionItem, void, undefined> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let next = after === undefined ? 0 : Number(after);
  let caughtUp = false;
  while (!signal.aborted) {
    const sleeping = woken();
    const batch: RecordedEvent[] = [];
    const from = next;
    for (; next < events.length && batch.length < batchSize; next++) {
      const event = events[next];
      if (event !== undefined && matches(filter, event)) batch.push(event);
    }
    if (batch.length > 0) yield { kind: 'events', events: batch };
    else if (next > from) yield { kind: 'checkpoint', position: String(next).padStart(20, '0') };
    if (next < events.length || signal.aborted) continue;
    if (!caughtUp) {
      caughtUp = true;
      yield { kind: 'caught-up' };
      continue;
    }
    await Promise.race([sleeping, aborted]);
  }
}

function matches(filter: SubscriptionFilter | undefined, event: RecordedEvent): boolean {
  if (filter === undefined) return true;
  const value = filter.by === 'stream-prefix' ? event.stream : event.type;
  return filter.prefixes.some((prefix) => value.startsWith(prefix));
}
