import { eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import type { VendorEvent } from '#adapters/eventstoredb/events.ts';
import { fromLogPosition, toLogPosition, type VendorPosition } from '#adapters/eventstoredb/position.ts';
import type { VendorClient } from '#adapters/eventstoredb/vendor-client.ts';
import type { Clock } from '#ports/clock.ts';
import type { LogPosition, SubscriptionFilter } from '#ports/event-log.ts';

/** What one subscription of the vendor's client has to say next. */
type SourceItem =
  | { readonly kind: 'events'; readonly events: readonly VendorEvent[] }
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'checkpoint'; readonly position: LogPosition }
  /** It is over; without `error` it ended as if all were said. */
  | { readonly kind: 'dropped'; readonly error: unknown }
  /** Nothing was said for that long. */
  | { readonly kind: 'silent' };

/** One subscription of the vendor's client, read when asked. */
export interface SubscriptionSource {
  /** What is buffered, at most `max` events, else the next thing that happens. Also returns, with `silent`, when `signal` is aborted. */
  next(max: number, silentAfterMs: number, signal: AbortSignal): Promise<SourceItem>;
  /** On the clock's monotonic scale. */
  readonly openedAt: number;
  /** True once the server confirmed it. */
  confirmed(): boolean;
  /** True while there is something that {@link SubscriptionSource.next} would hand out at once. */
  waiting(): boolean;
  close(): void;
}

/** Events that may wait here before the server is made to wait. */
const buffered = 512;
/** Times 32 events that the server looks at between two checkpoints. */
const checkpointInterval = 1;

/** Subscribes to the whole log behind a position. System streams are left out by the server where no filter is given. */
export function openSubscription(
  { client }: VendorClient,
  clock: Clock,
  after: LogPosition | undefined,
  filter: SubscriptionFilter | undefined,
): SubscriptionSource {
  let checkpoint: LogPosition | undefined;
  let caughtUpAt: number | undefined;
  let dropped: { readonly error: unknown } | undefined;
  let confirmed = false;
  let handedOut = 0;
  let wake = () => {};

  const stream = client.subscribeToAll(
    {
      fromPosition: after === undefined ? START : fromLogPosition(after),
      filter: vendorFilter(filter, (position) => {
        checkpoint = toLogPosition(position);
        wake();
      }),
    },
    { highWaterMark: buffered },
  );
  const end = (error: unknown) => {
    dropped ??= { error };
    wake();
  };
  stream.on('error', end);
  stream.on('end', () => end(undefined));
  stream.on('close', () => end(undefined));
  stream.on('readable', () => wake());
  stream.on('confirmation', () => {
    confirmed = true;
  });
  stream.on('caughtUp', () => {
    caughtUpAt = handedOut + stream.readableLength;
    wake();
  });

  const ready = (max: number): SourceItem | undefined => {
    if (caughtUpAt !== undefined && handedOut >= caughtUpAt) {
      caughtUpAt = undefined;
      return { kind: 'caught-up' };
    }
    const events = take(stream, max);
    if (events.length > 0) {
      handedOut += events.length;
      return { kind: 'events', events };
    }
    if (checkpoint !== undefined) {
      const position = checkpoint;
      checkpoint = undefined;
      return { kind: 'checkpoint', position };
    }
    return dropped === undefined ? undefined : { kind: 'dropped', error: dropped.error };
  };

  return {
    openedAt: clock.monotonic(),
    async next(max, silentAfterMs, signal) {
      const item = ready(max);
      if (item !== undefined) return item;
      const enough = new AbortController();
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const abort = () => wake();
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) wake();
      await Promise.race([woken, clock.sleep(silentAfterMs, enough.signal)]);
      enough.abort('done');
      signal.removeEventListener('abort', abort);
      return ready(max) ?? { kind: 'silent' };
    },
    confirmed: () => confirmed,
    waiting: () => stream.readableLength > 0 || dropped !== undefined || checkpoint !== undefined,
    close() {
      stream.unsubscribe().catch(() => undefined);
      stream.destroy();
    },
  };
}

/** Takes what is buffered without waiting. */
function take(stream: { read(): unknown }, max: number): VendorEvent[] {
  const events: VendorEvent[] = [];
  while (events.length < max) {
    const resolved = stream.read() as { readonly event?: VendorEvent } | null;
    if (resolved === null) break;
    if (resolved.event !== undefined) events.push(resolved.event);
  }
  return events;
}

function vendorFilter(filter: SubscriptionFilter | undefined, onCheckpoint: (position: VendorPosition) => void) {
  const options = {
    checkpointInterval,
    // An exception in here would be an unhandled rejection, and the subscription would stand still.
    checkpointReached: async (_subscription: unknown, position: VendorPosition) => {
      try {
        onCheckpoint(position);
      } catch {
        // A position that cannot be written down is no loss: the next checkpoint or event brings another.
      }
    },
  };
  if (filter === undefined) return streamNameFilter({ ...options, regex: '^[^$]' });
  const prefixes = [...filter.prefixes];
  const filterBy = filter.by === 'stream-prefix' ? streamNameFilter : eventTypeFilter;
  // Without prefixes nothing is wanted, but the server would take an empty list for a bad request.
  return prefixes.length > 0 ? filterBy({ ...options, prefixes }) : filterBy({ ...options, regex: '^(?!)' });
}
