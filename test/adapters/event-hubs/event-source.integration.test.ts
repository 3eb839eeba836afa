import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { EventSource, ReceivedItem, StartPosition } from '#ports/event-source.ts';
import type { EventHubsFaultName } from '#simulator/event-hubs/faults.ts';
import { quickTuning, type SimulatedHub, startSimulatedHub } from '#test/adapters/event-hubs/simulated-hub.ts';
import { eventually } from '#test/support/eventually.ts';

const earliest: StartPosition = { at: 'earliest' };
const bodies = (from: number, count: number): MessageToPublish[] =>
  Array.from({ length: count }, (_, at) => ({ body: Buffer.from(String(from + at)) }));

/** Reads partition 0 in the background and notes the sequence numbers. */
function follow(source: EventSource, from: StartPosition = earliest) {
  const stop = new AbortController();
  const numbers: number[] = [];
  const items: ReceivedItem['kind'][] = [];
  let last: ReceivedItem | undefined;
  const ended = (async () => {
    for await (const item of source.receive('0', from, stop.signal)) {
      last = item;
      items.push(item.kind);
      if (item.kind === 'batch') numbers.push(...item.messages.map((message) => message.sequenceNumber));
    }
  })();
  return {
    numbers,
    items,
    last: () => last,
    reached: (count: number) => eventually(`${count} messages`, () => numbers.length >= count),
    ended,
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

describe('reading an event hub that fails', () => {
  let hub: SimulatedHub;
  let states: PartitionState[];
  const open = (tuning: Partial<EventHubsTuning> = {}) => hub.source(tuning, (_, state) => states.push(state));
  beforeEach(async () => {
    hub = await startSimulatedHub();
    states = [];
  });
  afterEach(() => hub.close());

  it.each<EventHubsFaultName>(['drop-connection', 'detach'])(
    'goes on after the fault %s, without loss or repetition',
    async (fault) => {
      const reader = follow(open());
      for (let round = 0; round < 4; round += 1) {
        // A new one each time: what is on its way when the connection breaks has an unknown outcome.
        expect(await hub.newPublisher().publish(bodies(round * 50, 50), { partitionId: '0' })).toEqual({ ok: true });
        await reader.reached(round * 50 + 20);
        hub.simulator.faults.start(fault);
      }
      await reader.reached(200);
      await reader.end();
      expect(reader.numbers).toEqual(Array.from({ length: 200 }, (_, at) => at));
    },
  );

  it('notices a drop while nothing comes, and hears the next message soon', async () => {
    const reader = follow(open());
    await eventually('it listens', () => reader.items.includes('idle'));
    hub.simulator.faults.start('drop-connection');
    await eventually('the connection is back', () => hub.simulator.stats().consumers === 1);
    await hub.publish('0', bodies(0, 1));
    await reader.reached(1);
    await reader.end();
  });

  it('throws a connection away that does not answer any more', async () => {
    const reader = follow(open());
    await hub.publish('0', bodies(0, 1));
    await reader.reached(1);
    hub.simulator.faults.start('half-open');
    // New connections work: only those that were there have fallen silent.
    const fresh = hub.newPublisher();
    expect(await fresh.publish(bodies(1, 5), { partitionId: '0' })).toEqual({ ok: true });
    await reader.reached(6);
    expect(reader.numbers).toEqual([0, 1, 2, 3, 4, 5]);
    expect(states.some((state) => state.state === 'down')).toBe(true);
    await reader.end();
  });

  it('opens a link anew on which messages stay away', async () => {
    const reader = follow(open());
    await hub.publish('0', bodies(0, 1));
    await reader.reached(1);
    hub.simulator.faults.start('silent-partition', { partition: '0' });
    await hub.publish('0', bodies(1, 3));
    await eventually('it is noticed', () =>
      states.some((state) => state.state === 'reopened' && state.why === 'silent'),
    );
    expect(reader.numbers).toEqual([0]);
    hub.simulator.faults.stop('silent-partition');
    await reader.reached(4);
    expect(reader.numbers).toEqual([0, 1, 2, 3]);
    await reader.end();
  });

  it('does not call a quiet partition listened to while messages are missing', async () => {
    hub.simulator.faults.start('silent-partition', { partition: '0' });
    await hub.publish('0', bodies(0, 3));
    const reader = follow(open());
    await eventually('it tries again', () => states.filter((state) => state.state === 'reopened').length >= 3);
    expect(reader.items).toEqual([]);
    expect(states.some((state) => state.state === 'listening')).toBe(false);
    await reader.end();
  });

  it('hands out each message once although the service repeats', async () => {
    const reader = follow(open());
    await hub.publish('0', bodies(0, 50));
    await reader.reached(50);
    hub.simulator.faults.start('duplicate-delivery');
    await hub.publish('0', bodies(50, 50));
    await reader.reached(100);
    await eventually('it is quiet', () => reader.items.at(-1) === 'idle');
    expect(reader.numbers).toEqual(Array.from({ length: 100 }, (_, at) => at));
    await reader.end();
  });

  it('says that the position is gone when the hub was made anew', async () => {
    await hub.publish('0', bodies(0, 10));
    const reader = follow(open());
    await reader.reached(10);
    await hub.simulator.recreateHub('notices');
    await reader.ended;
    expect(reader.last()).toEqual({ kind: 'stopped', reason: 'position-invalid' });
  });

  it('waits for a service that is not there yet, and says so', async () => {
    const { settings, simulator } = hub;
    const port = simulator.port;
    expect(settings.connection.kind).toBe('connection-string');
    await simulator.close();
    const source = open();
    const reader = follow(source);
    await eventually('it tries', () => states.filter((state) => state.state === 'down').length >= 3);
    expect(await source.describe()).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(JSON.stringify(states)).toContain(String(port));
    await reader.end();
  });

  it('says that it is not let in, without the key', async () => {
    const { createEventHubsSource } = await import('#adapters/event-hubs/event-source.ts');
    const { systemClock } = await import('#adapters/system/clock.ts');
    const value = hub.simulator.connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc=');
    const source = createEventHubsSource({
      ...{
        connection: { kind: 'connection-string', value },
        hub: 'notices',
        transport: 'amqp',
        consumerGroup: '$Default',
      },
      clock: systemClock,
      onState: (_, state) => states.push(state),
      tuning: quickTuning,
    });
    expect(await source.describe()).toMatchObject({ ok: false, reason: 'access-denied' });
    const reader = follow(source);
    await eventually('it is told', () =>
      states.some((state) => state.state === 'down' && state.reason === 'access-denied'),
    );
    expect(JSON.stringify(states)).not.toContain('d3Jvbmc');
    await reader.end();
    await source.close();
  });

  it('says that a hub does not exist', async () => {
    const { createEventHubsSource } = await import('#adapters/event-hubs/event-source.ts');
    const { systemClock } = await import('#adapters/system/clock.ts');
    const connection = { kind: 'connection-string', value: hub.simulator.connectionString } as const;
    const source = createEventHubsSource({
      ...{ connection, hub: 'no-such-hub', transport: 'amqp', consumerGroup: '$Default', clock: systemClock },
      tuning: quickTuning,
    });
    expect(await source.describe()).toMatchObject({ ok: false, reason: 'not-found' });
    await source.close();
  });
});

describe('memory that reading an event hub takes', () => {
  let hub: SimulatedHub;
  beforeEach(async () => {
    hub = await startSimulatedHub();
  });
  afterEach(() => hub.close());

  it('is known from the client itself: who keeps up is not interrupted, however much was asked for', async () => {
    const states: PartitionState[] = [];
    const source = hub.source({}, (_, state) => states.push(state));
    for (let at = 0; at < 20_000; at += 1_000) await hub.publish('0', bodies(at, 1_000));
    const reader = follow(source);
    await reader.reached(20_000);
    await reader.end();
    expect(states.filter((state) => state.state === 'reopened')).toEqual([{ state: 'reopened', why: 'faster' }]);
  });

  it('stays bounded after many idle cycles, however much is published and however slow the consumer', async () => {
    // 5 ms per cycle: each makes the client ask for 64 more messages. Room for about 100 of these.
    const source = hub.source({
      maxWaitMs: 5,
      firstPrefetch: 64,
      maxPrefetch: 64,
      maxBufferedBytes: 4_000 * 100,
      maxIdleCycles: 1e9,
    });
    const stop = new AbortController();
    const items = source.receive('0', earliest, stop.signal)[Symbol.asyncIterator]();
    // The partition is quiet for long enough that the client has asked for thousands.
    for (let idle = 0; idle < 5; idle += 1) await items.next();
    await hub.publish('0', bodies(0, 1));
    let item = await items.next();
    while (item.done !== true && item.value.kind !== 'batch') item = await items.next();
    const before = hub.simulator.stats().delivered;
    // The consumer holds the first batch while far more is published than there is room for.
    for (let at = 0; at < 20_000; at += 1_000) await hub.publish('0', bodies(at + 1, 1_000));
    await eventually('the client is cut off', () => hub.simulator.stats().consumers === 0);
    const fetched = hub.simulator.stats().delivered - before;
    expect(fetched).toBeLessThan(4_000);
    let expected = 1;
    while (expected < 20_001) {
      const next = await items.next();
      if (next.done === true) throw new Error('the reading ended');
      if (next.value.kind !== 'batch') continue;
      for (const message of next.value.messages) expect(message.sequenceNumber).toBe(expected++);
    }
    stop.abort();
    while ((await items.next()).done !== true);
  });
});
