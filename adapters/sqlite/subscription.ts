import { fromPosition, toPosition, toRecordedEvents } from '#adapters/sqlite/recorded-events.ts';
import type { SqliteEngine } from '#adapters/sqlite/sqlite-engine.ts';
import { linkSignals } from '#kernel/linked-signal.ts';
import type { Clock } from '#ports/clock.ts';
import type { SubscribeOptions, SubscriptionItem, SubscriptionState } from '#ports/event-log.ts';

const defaultBatchSize = 500;
/** A page of large events ends earlier, so that a subscriber's memory stays bounded. */
const pageBytes = 4 * 1024 * 1024;
/** Positions that one request looks at when a filter lets nothing through. */
const window = 10_000;
const retryMs = 500;

/**
 * Pulls pages from the reading thread, one when the consumer asks for it: no buffer can grow. Live events come by the same way, the commit
 * only wakes it.
 */
export async function* subscribeTo(
  engine: Pick<SqliteEngine, 'scan' | 'changes'>,
  clock: Clock,
  closing: AbortSignal,
  options: SubscribeOptions,
): AsyncGenerator<SubscriptionItem, void, undefined> {
  const { filter, batchSize = defaultBatchSize, onState } = options;
  const linked = linkSignals(closing, options.signal);
  const { signal } = linked;
  let position = options.after === undefined ? 0 : fromPosition(options.after);
  let state: SubscriptionState['state'] | undefined;
  let caughtUp = false;
  const enter = (next: SubscriptionState): void => {
    if (next.state !== state) onState?.(next);
    state = next.state;
  };

  // Held all the time, not only while waiting: as long as anybody listens, commits of other processes are looked for.
  const stopListening = engine.changes.listen(() => undefined);
  try {
    while (!signal.aborted) {
      const version = engine.changes.version();
      const found = await engine.scan({
        ...{ direction: 'forwards', from: position + 1, limit: batchSize, maxBytes: pageBytes },
        ...{ window, userEventsOnly: true, filter },
      });
      if (signal.aborted) return;
      if (!found.ok) {
        caughtUp = false;
        enter({ state: 'down', detail: found.detail });
        await clock.sleep(retryMs, signal);
        continue;
      }
      if (!caughtUp) enter({ state: 'catching-up' });
      const events = toRecordedEvents(found.page);
      if (events.length > 0) yield { kind: 'events', events };
      else if (found.scannedTo > position) yield { kind: 'checkpoint', position: toPosition(found.scannedTo) };
      position = Math.max(position, found.scannedTo);
      if (!found.end || signal.aborted) continue;
      if (!caughtUp) {
        caughtUp = true;
        enter({ state: 'live' });
        yield { kind: 'caught-up' };
      }
      await engine.changes.waitFor(version, signal);
    }
  } finally {
    linked.release();
    stopListening();
  }
}
