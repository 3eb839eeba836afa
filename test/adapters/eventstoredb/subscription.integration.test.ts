import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, SubscriptionItem } from '#ports/event-log.ts';
import { follow, idsOf, newEvents } from '#test/adapters/eventstoredb/follow.ts';
import { type Stack, startStack } from '#test/adapters/eventstoredb/stack.ts';

const patient = { timeout: 30_000, interval: 10 };
let stack: Stack;
let log: EventLog;

beforeAll(async () => {
  stack = await startStack();
  log = await stack.open({ silenceMs: 150, readTimeoutMs: 2_000 });
});
afterAll(() => stack.close());

/** Where the log ends now. */
async function mark(): Promise<string> {
  const result = await log.append(`mark-${crypto.randomUUID()}`, 'no-stream', newEvents(1));
  if (!result.ok || result.position === undefined) throw new Error('no mark');
  return result.position;
}

async function write(stream: string, expected: number | 'no-stream', count: number): Promise<string[]> {
  const events = newEvents(count, 200);
  expect(await log.append(stream, expected, events)).toMatchObject({ ok: true });
  return idsOf(events);
}

describe('bursts that outrun the live buffer of the server', () => {
  it('drop the subscription, which says nothing of it, loses nothing and repeats nothing', async () => {
    const after = await mark();
    const follower = follow(log, { after, filter: { by: 'stream-prefix', prefixes: ['burst-'] } });
    const stream = `burst-${crypto.randomUUID()}`;
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) {
      await vi.waitFor(() => expect(follower.caughtUp()).toBeGreaterThan(n), patient);
      ids.push(...(await write(stream, n === 0 ? 'no-stream' : ids.length - 1, 100)));
      await vi.waitFor(() => expect(follower.events).toHaveLength(ids.length), patient);
    }
    await vi.waitFor(() => expect(follower.caughtUp()).toBe(21), patient);
    expect(idsOf(follower.events)).toEqual(ids);
    expect(follower.states).toEqual(['catching-up', 'live']);
    await follower.stop();
  });

  it('do no harm when they come back to back', async () => {
    const after = await mark();
    const followers = [
      follow(log, { after }),
      follow(log, { after, filter: { by: 'stream-prefix', prefixes: ['rush-'] } }),
      follow(log, { after, filter: { by: 'type-prefix', prefixes: ['Test'] }, batchSize: 7 }),
    ];
    const stream = `rush-${crypto.randomUUID()}`;
    const ids: string[] = [];
    for (let n = 0; n < 25; n++) ids.push(...(await write(stream, n === 0 ? 'no-stream' : ids.length - 1, 100)));
    for (const follower of followers) {
      await vi.waitFor(() => expect(follower.events.length).toBeGreaterThanOrEqual(ids.length), patient);
      expect(idsOf(follower.events)).toEqual(ids);
      await follower.stop();
    }
  });
});

describe('a subscription that the server forgot', () => {
  it.each([
    ['without a filter', undefined],
    ['with one', { by: 'stream-prefix', prefixes: ['forgotten-'] } as const],
  ])('is noticed and opened again (%s)', async (_name, filter) => {
    const after = await mark();
    const follower = follow(log, { after, ...(filter === undefined ? {} : { filter }) });
    await vi.waitFor(() => expect(follower.states.at(-1)).toBe('live'), patient);
    await stack.simulator.faults.start('mute-subscriptions');
    const ids = await write(`forgotten-${crypto.randomUUID()}`, 'no-stream', 3);
    await vi.waitFor(() => expect(follower.states).toContain('down'), patient);
    await vi.waitFor(() => expect(idsOf(follower.events)).toEqual(ids), patient);
    await stack.simulator.faults.stop('mute-subscriptions');
    expect(idsOf(follower.events)).toEqual(ids);
    await follower.stop();
  });

  it('is noticed although others wrote more behind the missed event than is looked at', async () => {
    const after = await mark();
    const follower = follow(log, { after, filter: { by: 'stream-prefix', prefixes: ['buried-'] } });
    await vi.waitFor(() => expect(follower.states.at(-1)).toBe('live'), patient);
    await stack.simulator.faults.start('mute-subscriptions');
    const ids = await write(`buried-${after}`, 'no-stream', 1);
    await write(`noise-${after}`, 'no-stream', 300);
    await vi.waitFor(() => expect(follower.states).toContain('down'), patient);
    await stack.simulator.faults.stop('mute-subscriptions');
    await vi.waitFor(() => expect(idsOf(follower.events)).toEqual(ids), patient);
    await follower.stop();
  });

  it('is not suspected while others write without a break what it does not want', async () => {
    // Silences are many and short; what may come late has all the time that it has otherwise.
    const silenceMs = 1_001;
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => systemClock.sleep(ms === silenceMs ? 5 : ms, signal),
    };
    const watched = await stack.open({ clock, silenceMs });
    const after = await mark();
    const follower = follow(watched, { after, filter: { by: 'stream-prefix', prefixes: ['calm-'] } });
    await vi.waitFor(() => expect(follower.states.at(-1)).toBe('live'), patient);
    for (let n = 0; n < 40; n++) await write(`storm-${after}`, n === 0 ? 'no-stream' : n * 150 - 1, 150);
    const ids = await write(`calm-${after}`, 'no-stream', 1);
    await vi.waitFor(() => expect(idsOf(follower.events)).toEqual(ids), patient);
    expect(follower.states).toEqual(['catching-up', 'live']);
    await follower.stop();
  });

  it('is not suspected because others write what it does not want', async () => {
    const silenceMs = 40;
    let silences = 0;
    const clock: Clock = {
      ...systemClock,
      sleep(ms, signal) {
        if (ms === silenceMs) silences++;
        return systemClock.sleep(ms, signal);
      },
    };
    const watched = await stack.open({ clock, silenceMs });
    const after = await mark();
    const follower = follow(watched, { after, filter: { by: 'stream-prefix', prefixes: ['quiet-'] } });
    await vi.waitFor(() => expect(follower.states.at(-1)).toBe('live'), patient);
    // Fewer events than the server looks at between two checkpoints.
    await write(`loud-${after}`, 'no-stream', 8);
    const before = silences;
    await vi.waitFor(() => expect(silences).toBeGreaterThan(before + 8), patient);
    expect(follower.states).toEqual(['catching-up', 'live']);
    await follower.stop();
  });
});

describe('a consumer', () => {
  it('gets what is there without waiting for a full batch, and never more than a batch', async () => {
    const after = await mark();
    const stream = `batch-${crypto.randomUUID()}`;
    const ids = await write(stream, 'no-stream', 95);
    const stop = new AbortController();
    const items: SubscriptionItem[] = [];
    for await (const item of log.subscribe({ after, batchSize: 10, signal: stop.signal })) {
      items.push(item);
      if (item.kind === 'caught-up') stop.abort();
    }
    const batches = items.flatMap((item) => (item.kind === 'events' ? [item.events] : []));
    expect(idsOf(batches.flat())).toEqual(ids);
    expect(Math.max(...batches.map((events) => events.length))).toBeLessThanOrEqual(10);
  });

  it('that leaves its loop ends the subscription on the server too', async () => {
    const after = await mark();
    await write(`left-${after}`, 'no-stream', 5);
    const stop = new AbortController();
    for await (const item of log.subscribe({ after, signal: stop.signal })) {
      if (item.kind === 'events') break;
    }
    stop.abort();
    expect(await log.append(`left-${after}`, 4, newEvents(1))).toMatchObject({ ok: true });
  });

  it('is told of positions that were looked at though nothing matched', async () => {
    const after = await mark();
    const stop = new AbortController();
    const stream = `unmatched-${after}`;
    const written = write(stream, 'no-stream', 100);
    let reached = after;
    for await (const item of log.subscribe({
      after,
      filter: { by: 'type-prefix', prefixes: ['None'] },
      signal: stop.signal,
    })) {
      expect(item.kind).not.toBe('events');
      if (item.kind !== 'checkpoint') continue;
      reached = item.position;
      stop.abort();
    }
    await written;
    expect(reached > after).toBe(true);
  });
});
