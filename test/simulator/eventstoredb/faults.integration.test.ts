import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultDescriptions } from '#simulator/eventstoredb/faults.ts';
import {
  events,
  freshStream,
  startVendorStack,
  thrownBy,
  type VendorStack,
} from '#test/simulator/eventstoredb/vendor.ts';

let stack: VendorStack;
beforeEach(async () => {
  stack = await startVendorStack();
});
afterEach(() => stack.close());

describe('faults', () => {
  it('are listed with what they do and whether they are on', async () => {
    const { faults } = stack.simulator;
    expect(faults.list().map(({ name }) => name)).toEqual(Object.keys(faultDescriptions));
    await faults.start('slow');
    await faults.start('slow');
    expect(faults.list().filter(({ active }) => active)).toEqual([
      { name: 'slow', description: faultDescriptions.slow, active: true },
    ]);
    await faults.stop('slow');
    expect(faults.list().some(({ active }) => active)).toBe(false);
  });

  it('answers pings while silent, but not while half-open', async () => {
    const session = connect(`http://127.0.0.1:${stack.simulator.port}`);
    const ping = () => new Promise<boolean>((resolve) => session.ping((error) => resolve(error === null)));
    const answered: string[] = [];
    try {
      await new Promise((resolve) => session.once('connect', resolve));
      expect(await ping()).toBe(true);
      await stack.simulator.faults.start('silent');
      expect(await ping()).toBe(true);
      await stack.simulator.faults.start('half-open');
      const late = ping().then(() => answered.push('ping'));
      // A connection from before would have answered in far fewer turns than a whole append elsewhere takes.
      await stack.engine.append('elsewhere', 'any', []);
      for (let turn = 0; turn < 200; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      expect(answered).toEqual([]);
      await stack.simulator.faults.stop('half-open');
      await late;
      expect(answered).toEqual(['ping']);
    } finally {
      session.destroy();
    }
  });

  it('end a subscription cleanly, which the client takes for the end', async () => {
    const subscription = stack.client.subscribeToAll();
    await new Promise((resolve) => subscription.once('caughtUp', resolve));
    const ended = (async () => {
      for await (const _ of subscription);
      return 'ended';
    })();
    await stack.simulator.faults.start('ends-cleanly');
    expect(await ended).toBe('ended');
  });

  it('refuse connections while the server is dead, and it comes back on the same port with all it had', async () => {
    const stream = freshStream();
    await stack.client.appendToStream(stream, events(2));
    await stack.simulator.faults.start('dies');
    expect(await thrownBy(stack.client.readStream(stream))).toMatchObject({ code: 14 });
    await stack.simulator.faults.stop('dies');
    const seen: unknown[] = [];
    for await (const { event } of stack.client.readStream(stream)) seen.push(event?.revision);
    expect(seen).toEqual([0n, 1n]);
  });
});
