import { randomUUID } from 'node:crypto';
import {
  type AllStreamSubscription,
  END,
  eventTypeFilter,
  excludeSystemEvents,
  type Position,
  START,
  type StreamSubscription,
  streamNameFilter,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  events,
  freshStream,
  jsonEvent,
  startVendorStack,
  type VendorStack,
} from '#test/simulator/eventstoredb/vendor.ts';

const patient = { timeout: 20_000, interval: 10 };
let stack: VendorStack;
beforeAll(async () => {
  stack = await startVendorStack();
});
afterAll(() => stack.close());

/** Where the log ends now, so that a test sees only what it writes itself. */
async function mark(): Promise<Position> {
  const { position } = await stack.client.appendToStream(freshStream(), typed('Mark'));
  if (position === undefined) throw new Error('the append has no position');
  return position;
}

/** Consumes a subscription in the background and notes what it says, in order. */
function note(subscription: AllStreamSubscription | StreamSubscription) {
  const said: string[] = [];
  let error: Record<string, unknown> | undefined;
  subscription.on('confirmation', () => said.push('confirmed'));
  subscription.on('caughtUp', () => said.push('caught up'));
  const ended = (async () => {
    try {
      for await (const { event } of subscription) said.push(`${event?.type}@${event?.revision}`);
    } catch (thrown) {
      error = thrown as Record<string, unknown>;
    }
  })();
  return { said, ended, error: () => error };
}

const typed = (type: string, count = 1) =>
  Array.from({ length: count }, () => jsonEvent({ id: randomUUID(), type, data: {} }));

describe('a subscription to everything', () => {
  it('is confirmed, catches up once, and goes on live', async () => {
    const [fromPosition, stream] = [await mark(), freshStream()];
    await stack.client.appendToStream(stream, typed('A', 2));
    const { said } = note(stack.client.subscribeToAll({ fromPosition, filter: excludeSystemEvents() }));
    await vi.waitFor(() => expect(said).toContain('caught up'), patient);
    await stack.client.appendToStream(stream, typed('B'));
    await vi.waitFor(() => expect(said).toEqual(['confirmed', 'A@0', 'A@1', 'caught up', 'B@2']), patient);
  });

  it('begins behind a position, or with what comes next', async () => {
    const stream = freshStream();
    const { position } = await stack.client.appendToStream(stream, typed('A', 2));
    await stack.client.appendToStream(stream, typed('B'));
    const after = note(stack.client.subscribeToAll({ fromPosition: position ?? START }));
    const live = note(stack.client.subscribeToAll({ fromPosition: END }));
    await vi.waitFor(() => expect(live.said).toContain('caught up'), patient);
    await stack.client.appendToStream(stream, typed('C'));
    await vi.waitFor(() => expect(after.said.filter((word) => word.includes('@'))).toEqual(['B@2', 'C@3']), patient);
    await vi.waitFor(() => expect(live.said).toEqual(['confirmed', 'caught up', 'C@3']), patient);
  });

  it.each([
    ['streams by prefix', streamNameFilter({ prefixes: ['call-', 'chat-'] }), ['Call@0', 'Chat@0']],
    ['streams by pattern', streamNameFilter({ regex: '^ch' }), ['Chat@0']],
    ['types by prefix', eventTypeFilter({ prefixes: ['C'] }), ['Call@0', 'Chat@0']],
    ['types by pattern', eventTypeFilter({ regex: 'er$' }), ['Other@0']],
  ])('filters %s', async (_name, filter, expected) => {
    const fromPosition = await mark();
    await stack.client.appendToStream(`call-${randomUUID()}`, typed('Call'));
    await stack.client.appendToStream(`other-${randomUUID()}`, typed('Other'));
    await stack.client.appendToStream(`chat-${randomUUID()}`, typed('Chat'));
    const { said } = note(stack.client.subscribeToAll({ fromPosition, filter }));
    await vi.waitFor(() => expect(said.at(-1)).toBe('caught up'), patient);
    expect(said.filter((word) => word.includes('@'))).toEqual(expected);
  });

  it('announces how far it looked, whether or not anything matched', async () => {
    const positions: bigint[] = [];
    const checkpointReached = async (_: unknown, { commit }: { readonly commit: bigint }) =>
      void positions.push(commit);
    const filter = streamNameFilter({
      prefixes: ['none-'],
      maxSearchWindow: 10,
      checkpointInterval: 2,
      checkpointReached,
    });
    const [fromPosition, stream] = [await mark(), freshStream()];
    const { said } = note(stack.client.subscribeToAll({ fromPosition, filter }));
    await vi.waitFor(() => expect(said).toContain('caught up'), patient);
    for (let n = 0; n < 10; n++) await stack.client.appendToStream(stream, typed('A', 5));
    await vi.waitFor(() => expect(positions).toHaveLength(2), patient);
    expect(positions).toEqual(positions.toSorted());
    expect(said).toEqual(['confirmed', 'caught up']);
  });
});

describe('a live subscription', () => {
  it('takes as many events at once as its buffer holds', async () => {
    const { said, error } = note(stack.client.subscribeToAll({ fromPosition: END }));
    await vi.waitFor(() => expect(said).toContain('caught up'), patient);
    await stack.client.appendToStream(freshStream(), typed('A', 32));
    await vi.waitFor(() => expect(said).toHaveLength(34), patient);
    expect(error()).toBeUndefined();
  });

  it('is dropped by a burst, and goes on without gap or repeat when it is opened again', async () => {
    const stream = freshStream();
    const seen: bigint[] = [];
    let drops = 0;
    let from: bigint | typeof START = START;
    let stop = false;
    let live = 0;
    let current: StreamSubscription | undefined;
    const consume = async () => {
      while (!stop) {
        current = stack.client.subscribeToStream(stream, { fromRevision: from });
        current.on('caughtUp', () => live++);
        try {
          for await (const { event } of current) {
            from = event?.revision ?? from;
            seen.push(event?.revision ?? -1n);
          }
        } catch (error) {
          drops++;
          expect(error).toMatchObject({ type: 'timeout', code: 10 });
          expect((error as Error).message).toContain('Consumer too slow to handle event while live');
        }
      }
    };
    const consumed = consume();
    for (let n = 0; n < 5; n++) {
      await vi.waitFor(() => expect(live).toBeGreaterThan(n), patient);
      await stack.client.appendToStream(stream, events(100));
      await vi.waitFor(() => expect(seen).toHaveLength(100 * (n + 1)), patient);
    }
    stop = true;
    await current?.unsubscribe();
    await consumed;
    expect(seen).toEqual(Array.from({ length: 500 }, (_, n) => BigInt(n)));
    expect(drops).toBe(5);
  });

  it('sees the tombstone of its stream before it is ended', async () => {
    const stream = freshStream();
    await stack.client.appendToStream(stream, typed('A'));
    const { said, ended, error } = note(stack.client.subscribeToStream(stream));
    await vi.waitFor(() => expect(said).toContain('caught up'), patient);
    await stack.client.tombstoneStream(stream);
    await ended;
    expect(said.at(-1)).toBe(`$streamDeleted@${2n ** 63n - 1n}`);
    expect(error()).toMatchObject({ type: 'stream-deleted', streamName: stream });
  });

  it('waits for a stream that is not there yet', async () => {
    const stream = freshStream();
    const { said } = note(stack.client.subscribeToStream(stream, { fromRevision: START }));
    await vi.waitFor(() => expect(said).toEqual(['confirmed', 'caught up']), patient);
    await stack.client.appendToStream(stream, typed('A'));
    await vi.waitFor(() => expect(said).toEqual(['confirmed', 'caught up', 'A@0']), patient);
  });
});
