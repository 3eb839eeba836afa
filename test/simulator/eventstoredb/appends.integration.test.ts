import { binaryEvent, EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  events,
  freshStream,
  jsonEvent,
  paths,
  startVendorStack,
  storedIds,
  thrownBy,
  type VendorStack,
} from '#test/simulator/eventstoredb/vendor.ts';

let stack: VendorStack;
beforeAll(async () => {
  stack = await startVendorStack();
  // The storage remembers ids for appends without a revision from the first of them on.
  await stack.client.appendToStream(freshStream(), events(1), { expectedRevision: 'any' });
});
afterAll(() => stack.close());

type Batch = ReturnType<typeof events>;
type Expected = bigint | 'no_stream' | 'any' | 'stream_exists';

/**
 * What EventStoreDB 23.10.6 was seen to do with a second append after five events [0..4] were written, the first three in one batch.
 * `written` is how many events the stream has afterwards.
 */
const matrix: readonly {
  readonly second: string;
  readonly batch: (first: Batch, rest: Batch) => Batch;
  readonly expected: Expected;
  readonly answer: { readonly revision: bigint } | { readonly actual: bigint };
  readonly written: number;
}[] = [
  { second: 'the same batch', batch: (a) => a, expected: 'no_stream', answer: { revision: 2n }, written: 5 },
  { second: 'the same later batch', batch: (_, b) => b, expected: 2n, answer: { revision: 4n }, written: 5 },
  {
    ...{ second: 'the same ids with other data', expected: 'no_stream', answer: { revision: 2n }, written: 5 },
    batch: (a) => a.map((event) => ({ ...event, data: { other: true } })),
  },
  { second: 'its beginning', batch: (a) => a.slice(0, 2), expected: 'no_stream', answer: { revision: 1n }, written: 5 },
  { second: 'its end', batch: (a) => a.slice(1), expected: 0n, answer: { revision: 2n }, written: 5 },
  {
    second: 'both batches',
    batch: (a, b) => [...a, ...b],
    expected: 'no_stream',
    answer: { revision: 4n },
    written: 5,
  },
  {
    ...{ second: 'an overlap and something new', expected: 2n, answer: { actual: 4n }, written: 5 },
    batch: (_, b) => [...b, ...events(1)],
  },
  {
    second: 'something new at an old revision',
    batch: () => events(1),
    expected: 2n,
    answer: { actual: 4n },
    written: 5,
  },
  { second: 'old ids at the current revision', batch: (a) => a, expected: 4n, answer: { revision: 7n }, written: 8 },
  { second: 'a revision not reached', batch: () => events(1), expected: 9n, answer: { actual: 4n }, written: 5 },
  { second: 'no stream expected', batch: () => events(1), expected: 'no_stream', answer: { actual: 4n }, written: 5 },
  { second: 'the same batch at any', batch: (a) => a, expected: 'any', answer: { revision: 2n }, written: 5 },
  { second: 'something new at any', batch: () => events(2), expected: 'any', answer: { revision: 6n }, written: 7 },
  {
    ...{
      second: 'something new where a stream is expected',
      expected: 'stream_exists',
      answer: { revision: 5n },
      written: 6,
    },
    batch: () => events(1),
  },
];

describe.each(paths)('an append on the $path path', ({ options }) => {
  it.each(matrix)('of $second at $expected', async ({ batch, expected, answer, written }) => {
    const stream = freshStream();
    const [first, rest] = [events(3), events(2)];
    await stack.client.appendToStream(stream, first, { expectedRevision: 'no_stream', ...options });
    await stack.client.appendToStream(stream, rest, { expectedRevision: 2n, ...options });
    const second = stack.client.appendToStream(stream, batch(first, rest), { expectedRevision: expected, ...options });
    if ('revision' in answer) {
      expect(await second).toMatchObject({ success: true, nextExpectedRevision: answer.revision });
    } else {
      const error = await thrownBy(second);
      expect(error).toMatchObject({ type: 'wrong-expected-version', streamName: stream, actualVersion: answer.actual });
      expect(error).toMatchObject({ expectedVersion: expected, message: '' });
    }
    expect(await storedIds(stack.client, stream)).toHaveLength(written);
  });

  it('answers a repeat with the position of the first', async () => {
    const stream = freshStream();
    const batch = events(2);
    const first = await stack.client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...options });
    expect(first.position?.commit).toBeGreaterThan(0n);
    expect(await stack.client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...options })).toEqual(
      first,
    );
  });

  it('says of a missing stream that it is none', async () => {
    const error = await thrownBy(
      stack.client.appendToStream(freshStream(), events(1), { expectedRevision: 3n, ...options }),
    );
    expect(error).toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream', expectedVersion: 3n });
  });

  it('takes an append of nothing for a success', async () => {
    const stream = freshStream();
    expect(await stack.client.appendToStream(stream, [], { expectedRevision: 'no_stream', ...options })).toMatchObject({
      success: true,
    });
    expect(await thrownBy(stack.client.readStream(stream))).toMatchObject({ type: 'stream-not-found' });
  });

  it('takes the same id twice in one batch', async () => {
    const stream = freshStream();
    const [event] = events(1);
    await stack.client.appendToStream(stream, event === undefined ? [] : [event, event], options);
    expect(await storedIds(stack.client, stream)).toEqual([event?.id, event?.id]);
  });

  it('refuses more bytes of data than one append may hold and writes nothing', async () => {
    const stream = freshStream();
    const large = events(3, { pad: 'x'.repeat(400_000) });
    expect(await thrownBy(stack.client.appendToStream(stream, large, options))).toMatchObject({
      type: 'maximum-append-size-exceeded',
      maxAppendSize: 1_048_576,
    });
    expect(await thrownBy(stack.client.readStream(stream))).toMatchObject({
      type: 'stream-not-found',
      streamName: stream,
    });
  });

  it('keeps bytes and JSON apart', async () => {
    const stream = freshStream();
    const binary = binaryEvent({ type: 'Bytes', data: Uint8Array.of(1, 2, 255), metadata: Uint8Array.of(9) });
    await stack.client.appendToStream(stream, [binary, ...events(1)], options);
    const stored: unknown[] = [];
    for await (const { event } of stack.client.readStream(stream)) stored.push([event?.isJson, event?.data]);
    expect(stored).toEqual([
      [false, Uint8Array.of(1, 2, 255)],
      [true, { n: 0 }],
    ]);
  });
});

describe('the batch path', () => {
  it('answers many appends in flight each for itself', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        stack.client.appendToStream(freshStream(), events(1), { expectedRevision: n % 2 === 0 ? 'no_stream' : 5n }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(
      results.map((_, n) => (n % 2 === 0 ? 'fulfilled' : 'rejected')),
    );
  });

  it('puts an append together that comes in several messages', async () => {
    const stream = freshStream();
    const batch = events(20, { pad: 'x'.repeat(1_000) });
    await stack.client.appendToStream(stream, batch, { batchAppendSize: 2_500 });
    expect(await storedIds(stack.client, stream)).toEqual(batch.map(({ id }) => id));
  });

  it('does not recognise a bad event id', async () => {
    const bad = { ...jsonEvent({ type: 'Tested', data: {} }), id: 'no-uuid' };
    expect(await thrownBy(stack.client.appendToStream(freshStream(), bad))).toMatchObject({
      type: 'unknown',
      message: 'Could not recognize BadRequest',
    });
  });

  it('does not recognise that the server is not ready either', async () => {
    await stack.simulator.faults.start('not-ready');
    const client = EventStoreDBClient.connectionString(stack.simulator.connectionString);
    const error = await thrownBy(client.appendToStream(freshStream(), events(1)));
    await stack.simulator.faults.stop('not-ready');
    await client.dispose();
    expect(error).toMatchObject({ type: 'unknown', message: 'Could not recognize Server Is Not Ready' });
  });

  it('breaks for all when one message is too large for gRPC', async () => {
    const other = await startVendorStack();
    try {
      const huge = events(1, { pad: 'x'.repeat(18 * 1024 * 1024) });
      expect(await thrownBy(other.client.appendToStream(freshStream(), huge))).toMatchObject({
        type: 'unknown',
        code: 8,
      });
    } finally {
      await other.close();
    }
  });
});
