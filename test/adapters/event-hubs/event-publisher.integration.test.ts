import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';
import { type SimulatedHub, startSimulatedHub } from '#test/adapters/event-hubs/simulated-hub.ts';

const message = (text: string): MessageToPublish => ({ body: Buffer.from(text) });

describe('publishing to an event hub', () => {
  let hub: SimulatedHub;
  beforeEach(async () => {
    hub = await startSimulatedHub();
  });
  afterEach(() => hub.close());

  /** Everything that the hub has. */
  async function stored(): Promise<Record<string, ReceivedMessage[]>> {
    const source = hub.source();
    const result: Record<string, ReceivedMessage[]> = {};
    for (const id of ['0', '1']) {
      const messages: ReceivedMessage[] = [];
      for await (const item of source.receive(id, { at: 'earliest' }, new AbortController().signal)) {
        if (item.kind !== 'batch') break;
        messages.push(...item.messages);
      }
      result[id] = messages;
    }
    return result;
  }

  it('keeps the messages of one call together and in order', async () => {
    expect(await hub.publisher.publish([message('a'), message('b'), message('c')])).toEqual({ ok: true });
    const { '0': first = [], '1': second = [] } = await stored();
    const all = [...first, ...second];
    expect(all.map((one) => Buffer.from(one.body).toString())).toEqual(['a', 'b', 'c']);
    expect(Math.min(first.length, second.length)).toBe(0);
  });

  it('sends the same key to the same partition, and tells the key', async () => {
    for (let count = 0; count < 5; count += 1) await hub.publisher.publish([message('x')], { partitionKey: 'call-7' });
    const { '0': first = [], '1': second = [] } = await stored();
    expect([first.length, second.length].toSorted()).toEqual([0, 5]);
    expect([...first, ...second].every((one) => one.partitionKey === 'call-7')).toBe(true);
  });

  it('does not send more than the service takes at once', async () => {
    const large = { body: Buffer.alloc(700_000) };
    expect(await hub.publisher.publish([large])).toEqual({ ok: true });
    expect(await hub.publisher.publish([large, large])).toMatchObject({ ok: false, reason: 'too-large' });
    expect(await hub.publisher.publish([{ body: Buffer.alloc(2_000_000) }])).toMatchObject({
      ok: false,
      reason: 'too-large',
    });
    expect(hub.simulator.stats().received).toBe(1);
  });

  it('takes nothing for done', async () => {
    expect(await hub.publisher.publish([])).toEqual({ ok: true });
    expect(hub.simulator.stats().received).toBe(0);
  });

  it('says that the outcome is unknown when no answer comes, and does not send again by itself', async () => {
    const publisher = hub.newPublisher({ attemptTimeoutMs: 300 });
    expect(await publisher.publish([message('a')], { partitionId: '0' })).toEqual({ ok: true });
    hub.simulator.faults.start('half-open');
    expect(await publisher.publish([message('b')], { partitionId: '0' })).toMatchObject({
      ok: false,
      reason: 'unknown-outcome',
    });
    // The dead connection was thrown away.
    expect(await publisher.publish([message('c')], { partitionId: '0' })).toEqual({ ok: true });
  });

  it('waits for a throttled service and gives up in time', async () => {
    const publisher = hub.newPublisher({ retryForMs: 300, firstBackoffMs: 20, maxBackoffMs: 50 });
    hub.simulator.faults.start('throttle');
    expect(await publisher.publish([message('a')])).toMatchObject({ ok: false, reason: 'unavailable' });
    const patient = hub.newPublisher({ firstBackoffMs: 20, maxBackoffMs: 50 });
    const published = patient.publish([message('b')]);
    hub.simulator.faults.stop('throttle');
    expect(await published).toEqual({ ok: true });
    expect(hub.simulator.stats().received).toBe(1);
  });

  it('says when nobody listens, and that nothing was sent', async () => {
    const publisher = hub.newPublisher({ attemptTimeoutMs: 300, retryForMs: 100, firstBackoffMs: 20 });
    await hub.simulator.close();
    expect(await publisher.publish([message('a')])).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  it('answers after it was closed', async () => {
    const publisher = hub.newPublisher();
    await publisher.close();
    expect(await publisher.publish([message('a')])).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});
