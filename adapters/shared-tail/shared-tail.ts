import { createTail, type Place, type Tail } from '#adapters/shared-tail/tail.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, SubscribeOptions, SubscriptionItem } from '#ports/event-log.ts';

const defaultBatch = 500;
const endWaitMs = 200;

/**
 * The same log, with one live subscription for all who follow it in this process: every event crosses the wire once and is decoded once, however many
 * stages and read models want it. Whoever is behind reads the log with a subscription of his own, and joins the shared one where he has caught up;
 * whoever falls out of what it keeps goes back to his own. Where the log was put back to an earlier state while it did not answer, whoever follows goes on
 * at its end: waiting for positions of before he would hear nothing.
 */
export function createSharedTail(log: EventLog, clock: Pick<Clock, 'sleep'>): EventLog {
  let tail: Tail | undefined;
  return {
    ...log,
    subscribe(options) {
      tail ??= createTail(log, clock.sleep);
      return follow(log, tail, options, clock);
    },
    async close() {
      tail?.close();
      await log.close();
    },
  };
}

async function* follow(
  log: EventLog,
  tail: Tail,
  options: SubscribeOptions,
  clock: Pick<Clock, 'sleep'>,
): AsyncGenerator<SubscriptionItem> {
  let position = options.after;
  // Where the log ends is known in a moment, as a rule; a log that is away must not hold up its own retries.
  if (tail.last() === undefined) await Promise.race([tail.changed(), clock.sleep(endWaitMs, options.signal)]);
  while (!options.signal.aborted) {
    const era = tail.era();
    const place = yield* join(log, tail, options, position);
    if (place !== undefined) position = yield* live(tail, options, place);
    else if (!era.aborted) return;
    if (era.aborted) position = await withinLog(tail, options.signal, position, clock);
  }
}

/** Where to go on in a log that was put back. */
async function withinLog(
  tail: Tail,
  signal: AbortSignal,
  position: LogPosition | undefined,
  clock: Pick<Clock, 'sleep'>,
): Promise<LogPosition | undefined> {
  let last = tail.last();
  for (; last === undefined && !signal.aborted && !tail.closed(); last = tail.last())
    await Promise.race([tail.changed(), clock.sleep(endWaitMs, signal)]);
  return last !== undefined && position !== undefined && position > last ? last : position;
}

async function* join(
  log: EventLog,
  tail: Tail,
  options: SubscribeOptions,
  after: LogPosition | undefined,
): AsyncGenerator<SubscriptionItem, Place | undefined> {
  const arrived = tail.expect();
  try {
    const position = yield* catchUp(log, tail, options, after);
    return position === undefined ? undefined : tail.join(position, options.filter, options.signal);
  } finally {
    arrived();
  }
}

/** Reads with a subscription of his own until the shared one has all that comes; returns from where to go on there. */
async function* catchUp(
  log: EventLog,
  tail: Tail,
  options: SubscribeOptions,
  after: LogPosition | undefined,
): AsyncGenerator<SubscriptionItem, LogPosition | undefined> {
  const leaving = new AbortController();
  // Once caught up, everything up to where the log ended when he began was looked at, though nothing of it may have been wanted.
  const endAtStart = tail.last();
  let position = after;
  let caughtUp = false;
  const own: SubscribeOptions = { ...options, signal: AbortSignal.any([options.signal, leaving.signal, tail.era()]) };
  try {
    // Before the first event of an empty log is no position that a log knows.
    const from = position === undefined || position === '' ? own : { ...own, after: position };
    for await (const item of log.subscribe(from)) {
      if (item.kind === 'events') position = item.events.at(-1)?.position ?? position;
      if (item.kind === 'checkpoint') position = item.position;
      if (item.kind === 'caught-up') {
        caughtUp = true;
        if (endAtStart !== undefined && endAtStart > (position ?? '')) position = endAtStart;
      }
      yield item;
      if (caughtUp && tail.covers(position)) return position ?? '';
    }
    return undefined;
  } finally {
    leaving.abort();
  }
}

/** Follows the shared subscription until it no longer has what comes next; returns the position to catch up from. */
async function* live(
  tail: Tail,
  options: SubscribeOptions,
  place: Place,
): AsyncGenerator<SubscriptionItem, LogPosition> {
  const { signal, batchSize = defaultBatch, onState } = options;
  let said = tail.state();
  try {
    while (!signal.aborted && place.isCovered()) {
      const before = place.position();
      const events = place.take(batchSize);
      if (events.length > 0) yield { kind: 'events', events };
      else if (place.position() > before) yield { kind: 'checkpoint', position: place.position() };
      else {
        await place.changed();
        const now = tail.state();
        if (now !== said) onState?.(now);
        said = now;
      }
    }
  } finally {
    place.leave();
  }
  return place.position();
}
