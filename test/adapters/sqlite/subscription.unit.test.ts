import { describe, expect, it } from 'vitest';
import { createChanges } from '#adapters/sqlite/changes.ts';
import type { ReadAllRequest } from '#adapters/sqlite/messages.ts';
import { type PackedPage, packTexts } from '#adapters/sqlite/packing.ts';
import { subscribeTo } from '#adapters/sqlite/subscription.ts';
import type { SubscriptionState } from '#ports/event-log.ts';
import { createManualClock } from '#simulator/manual-clock.ts';

/** A log of so many events that counts how often it is asked. */
function fakeEngine(events: number) {
  const watched: boolean[] = [];
  const changes = createChanges((on) => watched.push(on));
  const requests: Omit<ReadAllRequest, 'kind'>[] = [];
  const faults: string[] = [];
  return {
    changes,
    requests,
    watched,
    faults,
    async scan(request: Omit<ReadAllRequest, 'kind'>) {
      requests.push(request);
      const fault = faults.shift();
      if (fault !== undefined) return { ok: false, reason: 'unavailable', detail: fault } as const;
      const from = request.from ?? 1;
      const last = Math.min(from + request.limit - 1, events);
      const positions = Array.from({ length: Math.max(0, last - from + 1) }, (_, n) => from + n);
      return { ok: true, page: page(positions), scannedTo: Math.max(last, from - 1), end: last >= events } as const;
    },
  };
}

function page(positions: readonly number[]): PackedPage {
  const texts = positions.flatMap(() => ['{}', '{}']);
  const names = positions.map(String);
  return {
    ...packTexts(names, names, texts),
    ...{ positions, streams: names, revisions: positions, created: positions },
  };
}

function subscribe(engine: ReturnType<typeof fakeEngine>, onState?: (state: SubscriptionState) => void) {
  const stop = new AbortController();
  const clock = createManualClock(0);
  const options = { batchSize: 10, signal: stop.signal, ...(onState === undefined ? {} : { onState }) };
  return { items: subscribeTo(engine, clock, new AbortController().signal, options), stop, clock };
}

describe('a subscription to the embedded log', () => {
  it('asks for a page only when its consumer asks for an item', async () => {
    const engine = fakeEngine(1_000);
    const { items } = subscribe(engine);
    expect(engine.requests).toHaveLength(0);
    await items.next();
    for (let n = 0; n < 50; n++) engine.changes.notify();
    await new Promise(setImmediate);
    expect(engine.requests).toHaveLength(1);
    await items.next();
    expect(engine.requests).toHaveLength(2);
    await items.return();
  });

  it('goes on where it was after an outage, and says so', async () => {
    const engine = fakeEngine(15);
    const states: string[] = [];
    const { items, clock, stop } = subscribe(engine, ({ state }) => states.push(state));
    await items.next();
    engine.faults.push('disk full', 'disk full');
    const next = items.next();
    while (engine.requests.length < 4) {
      clock.advance(500);
      await new Promise(setImmediate);
    }
    expect(await next).toMatchObject({ value: { kind: 'events', events: { length: 5 } } });
    expect(await items.next()).toEqual({ done: false, value: { kind: 'caught-up' } });
    expect(engine.requests.map((request) => request.from)).toEqual([1, 11, 11, 11]);
    expect(states).toEqual(['catching-up', 'down', 'catching-up', 'live']);
    stop.abort();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it('lets commits of other processes be looked for as long as it lives, and no longer', async () => {
    const engine = fakeEngine(5);
    const { items, stop } = subscribe(engine);
    await items.next();
    await items.next();
    const waiting = items.next();
    await new Promise(setImmediate);
    expect(engine.watched).toEqual([true]);
    stop.abort();
    await waiting;
    expect(engine.watched).toEqual([true, false]);
  });
});
