import { setImmediate } from 'node:timers/promises';
import type { ReceivedEventData, SubscriptionEventHandlers } from '@azure/event-hubs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clients, PartitionAnswer, PartitionClient } from '#adapters/event-hubs/clients.ts';
import { readPartition } from '#adapters/event-hubs/partition-reader.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import { defaultTuning } from '#adapters/event-hubs/tuning.ts';
import type { ReceivedItem } from '#ports/event-source.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';

const busy: PartitionAnswer = { ok: false, failure: { kind: 'throttled', detail: 'ServerBusyError' } };
const empty = (partitionId: string): PartitionAnswer => ({
  ok: true,
  partition: {
    ...{ partitionId, beginningSequenceNumber: 0, lastEnqueuedSequenceNumber: -1, lastEnqueuedOffset: '-1' },
    ...{ lastEnqueuedAt: undefined, isEmpty: true },
  },
});

/** A hub that does what a test says, by partition. */
function createHub(clock: ManualClock) {
  const listeners = new Set<() => void>();
  const opened: string[] = [];
  const open = new Map<string, SubscriptionEventHandlers>();
  const broken = new Set<string>();
  const answers = new Map<string, PartitionAnswer | 'none'>();
  const heard = new Map<string, number>();
  let generation = 0;
  const client: PartitionClient = {
    subscribe(partitionId, handlers) {
      opened.push(partitionId);
      open.set(partitionId, handlers);
      if (broken.has(partitionId))
        void handlers.processError(
          new Error('internal'),
          undefined as unknown as Parameters<typeof handlers.processError>[1],
        );
      return {
        isRunning: true,
        close: async () => {
          if (open.get(partitionId) === handlers) open.delete(partitionId);
        },
      };
    },
    partition(partitionId) {
      const answer = answers.get(partitionId) ?? empty(partitionId);
      return answer === 'none' ? new Promise(() => {}) : Promise.resolve(answer);
    },
    lastFetched: () => -1,
  };
  const clients: Clients = {
    current: () => ({ client, generation }),
    replace(old) {
      if (old !== generation) return;
      generation += 1;
      for (const listener of [...listeners]) listener();
    },
    onReplaced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    heard: (partitionId) => void heard.set(partitionId, clock.monotonic()),
    isAnyHeardSince: (since, except) => [...heard].some(([id, at]) => id !== except && at > since),
    raw: () => {
      throw new Error('nobody asks for it');
    },
    close: async () => {},
  };
  return {
    clients,
    broken,
    answers,
    replacements: () => generation,
    links: (partitionId: string) => opened.filter((id) => id === partitionId).length,
    deliver(partitionId: string, sequenceNumber: number) {
      const event = {
        sequenceNumber,
        offset: String(sequenceNumber),
        enqueuedTimeUtc: new Date(0),
        body: Buffer.from('x'),
      };
      const received = { ...event, getRawAmqpMessage: () => ({ bodyType: 'data' }) } as unknown as ReceivedEventData;
      void open
        .get(partitionId)
        ?.processEvents([received], undefined as unknown as Parameters<SubscriptionEventHandlers['processEvents']>[1]);
    },
  };
}

describe('reading partitions over one connection', () => {
  let clock: ManualClock;
  let hub: ReturnType<typeof createHub>;
  let stop: AbortController;
  let ended: Promise<void>[];
  const states: { readonly partitionId: string; readonly state: PartitionState }[] = [];

  beforeEach(() => {
    clock = createManualClock(0);
    hub = createHub(clock);
    stop = new AbortController();
    ended = [];
    states.length = 0;
  });
  afterEach(async () => {
    stop.abort();
    await pass(5_000);
    await Promise.all(ended);
  });

  function read(partitionId: string): readonly ReceivedItem[] {
    const items: ReceivedItem[] = [];
    const onState = (state: PartitionState) => void states.push({ partitionId, state });
    const deps = { clients: hub.clients, clock, tuning: { ...defaultTuning, random: () => 0.5 }, onState };
    ended.push(
      (async () => {
        for await (const item of readPartition(deps, partitionId, { at: 'earliest' }, stop.signal)) items.push(item);
      })(),
    );
    return items;
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    }
  }

  const told = (partitionId: string) =>
    states.filter((one) => one.partitionId === partitionId).map(({ state }) => state.state);

  it('leaves a link open while the service only refuses to say where the partition ends, and says that nothing is proved', async () => {
    hub.answers.set('0', busy);
    const items = read('0');
    await pass(60_000);
    expect(hub.links('0')).toBe(1);
    expect(told('0')).toEqual(['unproved']);
    hub.deliver('0', 0);
    await pass(200);
    expect(items.map(({ kind }) => kind)).toEqual(['batch']);
    expect(told('0')).toEqual(['unproved', 'listening']);
    expect(hub.replacements()).toBe(0);
  });

  it('asks again after a refusal, and takes the answer for the proof', async () => {
    hub.answers.set('0', busy);
    const items = read('0');
    await pass(12_000);
    expect(items).toEqual([]);
    hub.answers.delete('0');
    await pass(6_000);
    expect(items.map(({ kind }) => kind)).toContain('idle');
    expect(told('0')).toEqual(['unproved', 'listening']);
    expect(hub.links('0')).toBe(1);
  });

  it('opens a link anew when the question found no connection', async () => {
    hub.answers.set('0', { ok: false, failure: { kind: 'not-connected', detail: 'ECONNREFUSED' } });
    read('0');
    await pass(12_000);
    expect(hub.links('0')).toBeGreaterThan(1);
    expect(told('0')).toContain('down');
  });

  it('replaces the connection once for a partition that fails on and on, and leaves the others alone from then on', async () => {
    read('0');
    await pass(6_000);
    hub.broken.add('1');
    read('1');
    await pass(120_000);
    expect(hub.replacements()).toBe(1);
    expect(hub.links('0')).toBe(2);
    expect(hub.links('1')).toBeGreaterThan(20);
  });

  it('does not replace the connection while another partition is heard over it', async () => {
    read('0');
    await pass(6_000);
    hub.broken.add('1');
    read('1');
    for (let n = 0; n < 100; n += 1) {
      hub.deliver('0', n);
      await pass(100);
    }
    expect(hub.replacements()).toBe(0);
    expect(hub.links('0')).toBe(1);
  });

  it('goes on replacing connections over which nobody is heard', async () => {
    hub.answers.set('0', 'none').set('1', 'none');
    read('0');
    read('1');
    await pass(120_000);
    expect(hub.replacements()).toBeGreaterThan(3);
    hub.answers.clear();
    await pass(20_000);
    expect(told('0').at(-1)).toBe('listening');
    expect(told('1').at(-1)).toBe('listening');
  });
});
