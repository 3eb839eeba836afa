import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FromSource, SourcePort, ToSource } from '#adapters/event-hubs/source-messages.ts';
import { serveSource } from '#adapters/event-hubs/source-server.ts';
import { createThreadedSource, type SourceThread } from '#adapters/event-hubs/threaded-source.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventSource, ReceivedItem } from '#ports/event-source.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { startSimulatedHub } from '#test/adapters/event-hubs/simulated-hub.ts';
import { describeEventSource } from '#test/contract/event-source.contract.ts';
import { eventually } from '#test/support/eventually.ts';

/** Two ends of a channel in place of two threads; `kill` is what a thread that dies does. */
function channelTo(source: () => EventSource): { readonly start: () => SourceThread; readonly kill: () => void } {
  const open = new Set<() => void>();
  return {
    kill: () => {
      for (const end of [...open]) end();
    },
    start: () => {
      const { port1, port2 } = new MessageChannel();
      const served = source();
      serveSource(served, port2 as unknown as SourcePort<FromSource, ToSource>);
      const goneListeners: (() => void)[] = [];
      const end = () => {
        if (!open.delete(end)) return;
        port1.close();
        void served.close();
        for (const listener of goneListeners) listener();
      };
      open.add(end);
      return {
        postMessage: (message, transfer) => port1.postMessage(message, [...(transfer ?? [])]),
        on: (_, listener) => port1.on('message', listener),
        onGone: (listener) => goneListeners.push(listener),
        terminate: async () => end(),
      };
    },
  };
}

const threaded = (start: () => SourceThread) =>
  createThreadedSource({ start, clock: systemClock, closeTimeoutMs: 500 });

describeEventSource('Event Hubs received in another thread', async () => {
  const hub = await startSimulatedHub();
  const sources = [0, 1].map(() => threaded(channelTo(() => hub.source()).start));
  return {
    source: sources[0] as EventSource,
    other: sources[1] as EventSource,
    publish: (partitionId, messages) => hub.publish(partitionId, messages),
    dispose: async () => {
      await Promise.all(sources.map((one) => one.close()));
      await hub.close();
    },
  };
});

describe('a source in another thread', () => {
  const messages = (count: number, bytes = 1) => Array.from({ length: count }, () => ({ body: new Uint8Array(bytes) }));
  const memoryHub = () => createMemoryHub({ clock: systemClock, partitions: 1, idleMs: 20 });
  const firstBatch = async (items: AsyncIterable<ReceivedItem>) => {
    for await (const item of items) if (item.kind === 'batch') return item.messages;
    throw new Error('no batch');
  };

  it('says that it is unavailable when its thread dies, ends its readings with an error, and starts another for the next use', async () => {
    const hub = memoryHub();
    hub.publish('0', messages(3));
    const channel = channelTo(() => hub.source());
    const source = threaded(channel.start);
    onTestFinished(() => source.close());
    const reading = source.receive('0', { at: 'earliest' }, new AbortController().signal)[Symbol.asyncIterator]();
    expect((await reading.next()).value).toMatchObject({ kind: 'batch' });
    const asked = source.describe();
    channel.kill();
    expect(await asked).toMatchObject({ ok: false, reason: 'unavailable' });
    await expect(
      (async () => {
        for (;;) if ((await reading.next()).done) return;
      })(),
    ).rejects.toThrow(/thread/);
    expect(await source.describe()).toMatchObject({ ok: true });
    expect(await firstBatch(source.receive('0', { at: 'earliest' }, new AbortController().signal))).toHaveLength(3);
  });

  it('receives only a few batches ahead of whoever takes them', async () => {
    const hub = memoryHub();
    hub.publish('0', messages(1));
    let handedOut = 0;
    const counting = (): EventSource => {
      const source = hub.source();
      return {
        ...source,
        async *receive(...args) {
          for await (const item of source.receive(...args)) {
            for (let n = 0; n < (item.kind === 'batch' ? 100 : 1); n++) {
              if (item.kind === 'batch') handedOut++;
              yield item;
            }
          }
        },
      };
    };
    const source = threaded(channelTo(counting).start);
    onTestFinished(() => source.close());
    const stop = new AbortController();
    const reading = source.receive('0', { at: 'earliest' }, stop.signal)[Symbol.asyncIterator]();
    for (let taken = 1; taken <= 10; taken++) {
      await reading.next();
      const most = taken + 5;
      await eventually('a few ahead', () => handedOut >= taken + 3);
      expect(handedOut).toBeLessThanOrEqual(most);
    }
    stop.abort();
    expect((await reading.next()).done).toBe(true);
  });

  it('answers that it is closed afterwards, and ends what is read', async () => {
    const source = threaded(channelTo(() => memoryHub().source()).start);
    const reading = source.receive('0', { at: 'earliest' }, new AbortController().signal)[Symbol.asyncIterator]();
    await reading.next();
    await source.close();
    await reading.next().catch(() => undefined);
    expect(await source.describe()).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});
