import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { readEvent } from '#domain/registry.ts';
import type { HubFacts } from '#domain/watch/judge.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createWatch, type WatchTarget } from '#processor/watch/watch.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

export const start = Date.parse('2026-11-21T12:00:00Z');
export const minute = 60_000;
export const chat: WatchTarget = { feed: 'chat', credential: 'chat', subscription: 'chat' };
const by = { role: 'ingest', build: 'test' };

/** A feed that processes put on record, with a clock and a log of its own for each test of the suite that calls this. */
export function watchedFeed() {
  const stops: (() => Promise<void>)[] = [];
  const given = {
    clock: createManualClock(start),
    log: createMemoryEventLog(() => start),
    hub: 'as-it-is-read' as HubFacts | 'as-it-is-read',
  };

  beforeEach(() => {
    given.clock = createManualClock(start);
    given.log = createMemoryEventLog(() => given.clock.now());
    given.hub = 'as-it-is-read';
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    const read = given.log.events
      .filter(({ stream }) => stream.startsWith('watch-'))
      .map(({ type, data }) => readEvent(type, 1, data));
    expect(read.filter(({ ok }) => !ok)).toEqual([]);
  });

  const metadata = (causation: string, correlation: string) =>
    eventMetadata(by, given.clock.now(), correlation, causation);
  const iso = (ms: number) => new Date(ms).toISOString();
  const kept = (stream = 'watch-chat') =>
    given.log.stream(stream).map(({ type, data }) => [type, Date.parse(String(data['at'])) - start, data['cause']]);

  async function put(stream: string, type: string, data: JsonObject, decidedAt?: number): Promise<void> {
    const events = given.log.stream(stream);
    const id = systemIds.random();
    const expected = events.length === 0 ? 'no-stream' : events.length - 1;
    const decided = decidedAt === undefined ? {} : { decidedAt: iso(decidedAt) };
    await given.log.append(stream, expected, [{ id, type, data, metadata: { ...metadata(id, id), ...decided } }]);
  }
  const subscribed = (until: number) =>
    put('subscription-chat', 'SubscriptionRenewed', {
      ...{ feed: 'chat', graphId: 'g', expiresAt: iso(until), deliversUntil: iso(until) },
    });

  const lost = (cause: string, decidedAt?: number) =>
    put('subscription-chat', 'SubscriptionLost', { feed: 'chat', graphId: 'g', cause }, decidedAt);
  const madeAnew = (decidedAt?: number) => {
    const until = iso(start + 700 * minute);
    const data = { feed: 'chat', graphId: 'g-2', expiresAt: until, deliversUntil: until };
    return put('subscription-chat', 'SubscriptionCreated', data, decidedAt);
  };

  function run(targets: readonly WatchTarget[] = [chat]): () => Promise<void> {
    const ending = new AbortController();
    const watch = createWatch({
      ...{ log: given.log, clock: given.clock, ids: systemIds, metadata, targets },
      hub: () => (given.hub === 'as-it-is-read' ? { ok: true, provedAt: given.clock.now() } : given.hub),
    });
    const ended = watch.run(ending.signal);
    const stop = async () => {
      ending.abort();
      await ended;
      if (stops.includes(stop)) stops.splice(stops.indexOf(stop), 1);
    };
    stops.push(stop);
    return stop;
  }
  /** All that run have looked and sleep. */
  async function asleep(): Promise<void> {
    for (let turn = 0; turn < 1000 && given.clock.sleepers() < stops.length; turn++) await immediate();
    expect(given.clock.sleepers()).toBeGreaterThan(0);
  }
  /** Lets them look, a second at a time. */
  async function pass(ms: number): Promise<void> {
    await asleep();
    for (let left = ms; left > 0; left -= 1000) {
      given.clock.advance(1000);
      await asleep();
    }
  }

  return { given, iso, kept, put, subscribed, lost, madeAnew, run, pass };
}
