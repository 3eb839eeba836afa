import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventLog, NewEvent } from '#ports/event-log.ts';
import type { FaultName } from '#simulator/eventstoredb/faults.ts';
import { follow, idsOf, newEvents } from '#test/adapters/eventstoredb/follow.ts';
import { type Stack, startStack } from '#test/adapters/eventstoredb/stack.ts';

const patient = { timeout: 30_000, interval: 20 };
let stack: Stack;
let log: EventLog;

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  stack = await startStack();
  log = await stack.open({
    connectionString: `${stack.simulator.connectionString}&keepAliveInterval=300&keepAliveTimeout=300`,
    ...{ appendTimeoutMs: 400, readTimeoutMs: 400, silenceMs: 200 },
  });
});

afterEach(async () => {
  await stack.close();
  vi.restoreAllMocks();
});

/** Repeats an append as ingest does until it is known to be written. */
async function persist(events: readonly NewEvent[], expected: number | 'no-stream'): Promise<number> {
  return vi.waitFor(async () => {
    const result = await log.append('faulty', expected, events);
    expect(result).toMatchObject({ ok: true });
    return result.ok ? result.revision : -1;
  }, patient);
}

const storedIds = async () => {
  const all = await log.readAll({ direction: 'forwards', limit: 10_000 });
  return all.ok ? idsOf(all.events) : [];
};

/** What an append, a read and a subscription meet while the fault is on. */
const expectations: readonly {
  readonly fault: FaultName;
  readonly append: string;
  readonly read: string;
  readonly subscriptionDown: boolean;
}[] = [
  { fault: 'silent', append: 'unknown-outcome', read: 'unavailable', subscriptionDown: true },
  { fault: 'half-open', append: 'unknown-outcome', read: 'unavailable', subscriptionDown: true },
  { fault: 'ends-cleanly', append: 'unknown-outcome', read: 'nothing', subscriptionDown: true },
  { fault: 'dies', append: 'unavailable', read: 'unavailable', subscriptionDown: true },
  { fault: 'not-ready', append: 'unavailable', read: 'unavailable', subscriptionDown: false },
];

describe.each(expectations)('while the server $fault', ({ fault, append, read, subscriptionDown }) => {
  it('says so, and afterwards nothing is lost or there twice', { timeout: 60_000 }, async () => {
    const follower = follow(log);
    const first = newEvents(3);
    await persist(first, 'no-stream');
    await vi.waitFor(() => expect(follower.events).toHaveLength(3), patient);

    await stack.simulator.faults.start(fault);
    const second = newEvents(2);
    await vi.waitFor(async () => {
      const result = await log.append('faulty', 2, second);
      expect(result.ok ? 'ok' : result.reason).toBe(append);
    }, patient);
    const page = await log.readStream('faulty', { direction: 'forwards', limit: 10 });
    expect(page.ok ? (page.events.length === 0 ? 'nothing' : 'events') : page.reason).toBe(read);
    if (subscriptionDown) await vi.waitFor(() => expect(follower.states).toContain('down'), patient);

    await stack.simulator.faults.stop(fault);
    expect(await persist(second, 2)).toBe(4);
    const third = newEvents(1);
    expect(await persist(third, 4)).toBe(5);
    const all = idsOf([...first, ...second, ...third]);
    await vi.waitFor(() => expect(idsOf(follower.events)).toEqual(all), patient);
    await vi.waitFor(() => expect(follower.states.at(-1)).toBe('live'), patient);
    expect(await storedIds()).toEqual(all);
    await follower.stop();
  });
});

it('waits for a server that is slow', async () => {
  await stack.simulator.faults.start('slow', { delayMs: 50 });
  expect(await log.append('faulty', 'no-stream', newEvents(1))).toMatchObject({ ok: true, revision: 0 });
  expect(await log.readStream('faulty', { direction: 'forwards', limit: 1 })).toMatchObject({ ok: true });
});

it('does not know the outcome when the server is slower than the time it has', async () => {
  const events = newEvents(2);
  await stack.simulator.faults.start('slow', { delayMs: 60_000 });
  expect(await log.append('faulty', 'no-stream', events)).toMatchObject({ ok: false, reason: 'unknown-outcome' });
  await stack.simulator.faults.stop('slow');
  expect(await persist(events, 'no-stream')).toBe(1);
  expect(await storedIds()).toEqual(idsOf(events));
});

it('takes the timeout that the caller gives', async () => {
  await stack.simulator.faults.start('silent');
  const result = await log.append('faulty', 'no-stream', newEvents(1), { timeoutMs: 30 });
  // Our own timer, or that of the call, which has the same time.
  const detail = expect.stringMatching(/^no answer within 30 ms$|DEADLINE_EXCEEDED/);
  expect(result).toEqual({ ok: false, reason: 'unknown-outcome', detail });
});

it('tells once that the server is away and once that it is back', async () => {
  const states: string[] = [];
  const told = await stack.open({ appendTimeoutMs: 200, onState: ({ state }) => void states.push(state) });
  await told.append('told', 'no-stream', newEvents(1));
  expect(states).toEqual([]);
  await stack.simulator.faults.start('dies');
  for (let n = 0; n < 3; n++) await told.append('told', 0, newEvents(1));
  expect(states).toEqual(['unavailable']);
  await stack.simulator.faults.stop('dies');
  await vi.waitFor(async () => {
    expect(await told.append('told', 0, newEvents(1))).toMatchObject({ ok: true });
  }, patient);
  expect(states).toEqual(['unavailable', 'available']);
});
