import { BACKWARDS, END, START } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  events,
  freshStream,
  startVendorStack,
  storedIds,
  thrownBy,
  type VendorStack,
} from '#test/simulator/eventstoredb/vendor.ts';

let stack: VendorStack;
beforeAll(async () => {
  stack = await startVendorStack();
});
afterAll(() => stack.close());

async function written(count: number): Promise<{ stream: string; ids: string[] }> {
  const stream = freshStream();
  const batch = events(count);
  await stack.client.appendToStream(stream, batch, { expectedRevision: 'no_stream' });
  return { stream, ids: batch.map(({ id }) => id) };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const revisions = async (items: AsyncIterable<{ event?: { revision: bigint } }>) =>
  (await collect(items)).map(({ event }) => event?.revision);

describe('reading a stream', () => {
  it('goes forwards and backwards, from a revision, as far as is asked', async () => {
    const { stream } = await written(6);
    const { client } = stack;
    expect(await revisions(client.readStream(stream, { maxCount: 2 }))).toEqual([0n, 1n]);
    expect(await revisions(client.readStream(stream, { fromRevision: 4n }))).toEqual([4n, 5n]);
    expect(
      await revisions(client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 })),
    ).toEqual([...[5n, 4n]]);
    expect(await revisions(client.readStream(stream, { direction: BACKWARDS, fromRevision: 1n }))).toEqual([1n, 0n]);
    expect(await revisions(client.readStream(stream, { direction: BACKWARDS, fromRevision: START }))).toEqual([0n]);
    expect(await revisions(client.readStream(stream, { fromRevision: 9n }))).toEqual([]);
  });

  it('gives more than a page', async () => {
    const { stream, ids } = await written(1_300);
    expect(await storedIds(stack.client, stream)).toEqual(ids);
  });

  it('keeps names and types in every script', async () => {
    const stream = `${freshStream()}-日本 ü 🚨`;
    const [event] = events(1);
    await stack.client.appendToStream(stream, { ...event, type: 'Ärger-🚨' } as never);
    const [stored] = await collect(stack.client.readStream(stream));
    expect(stored?.event).toMatchObject({ streamId: stream, type: 'Ärger-🚨', metadata: { $correlationId: 'c' } });
  });

  it('throws for a stream that is not there', async () => {
    const stream = freshStream();
    const error = await thrownBy(stack.client.readStream(stream, { direction: BACKWARDS, fromRevision: END }));
    expect(error).toMatchObject({ type: 'stream-not-found', streamName: stream });
  });
});

describe('reading everything', () => {
  it('begins forwards with the event at the position and backwards with the one before', async () => {
    const { stream } = await written(3);
    const own = (await collect(stack.client.readStream(stream))).map(({ event }) => event?.position);
    const [first, second, third] = own;
    const at = { commit: second?.commit ?? 0n, prepare: second?.prepare ?? 0n };
    const forwards = await collect(stack.client.readAll({ fromPosition: at, maxCount: 2 }));
    expect(forwards.map(({ event }) => event?.position)).toEqual([second, third]);
    const backwards = await collect(stack.client.readAll({ direction: BACKWARDS, fromPosition: at, maxCount: 1 }));
    expect(backwards.map(({ event }) => event?.position)).toEqual([first]);
  });

  it('shows streams of the system and ignores a filter, as the client does', async () => {
    const { stream } = await written(1);
    await stack.client.setStreamMetadata(stream, { maxCount: 5 });
    const last = await collect(stack.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    expect(last[0]?.event).toMatchObject({ streamId: `$$${stream}`, type: '$metadata', data: { $maxCount: 5 } });
  });
});

describe('metadata', () => {
  it('cuts what a stream shows, while numbering goes on and the log keeps all', async () => {
    const { stream } = await written(5);
    await stack.client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await revisions(stack.client.readStream(stream))).toEqual([3n, 4n]);
    await stack.client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await revisions(stack.client.readStream(stream))).toEqual([4n]);
    expect(await stack.client.getStreamMetadata(stream)).toMatchObject({ metadata: { truncateBefore: 4 } });
    await stack.client.appendToStream(stream, events(1), { expectedRevision: 4n });
    expect(await revisions(stack.client.readStream(stream))).toEqual([4n, 5n]);
  });

  it('makes a stream whose events are all cut read as empty, though it is not new', async () => {
    const { stream } = await written(3);
    await stack.client.setStreamMetadata(stream, { truncateBefore: 3 });
    expect(await revisions(stack.client.readStream(stream))).toEqual([]);
    expect(
      await thrownBy(stack.client.appendToStream(stream, events(1), { expectedRevision: 'no_stream' })),
    ).toMatchObject({ actualVersion: 2n });
    expect(await stack.client.appendToStream(stream, events(1), { expectedRevision: 2n })).toMatchObject({
      nextExpectedRevision: 3n,
    });
  });

  it('gives no position for a repeat of events that were cut', async () => {
    const stream = freshStream();
    const batch = events(2);
    await stack.client.appendToStream(stream, batch, { expectedRevision: 'no_stream' });
    await stack.client.appendToStream(stream, events(3), { expectedRevision: 1n });
    await stack.client.setStreamMetadata(stream, { maxCount: 1 });
    expect(await stack.client.appendToStream(stream, batch, { expectedRevision: 'no_stream' })).toEqual({
      success: true,
      nextExpectedRevision: 1n,
      position: undefined,
    });
  });
});

describe('deletion', () => {
  it('hides a stream until it is written anew', async () => {
    const { stream } = await written(3);
    await stack.client.deleteStream(stream, { expectedRevision: 2n });
    expect(await thrownBy(stack.client.readStream(stream))).toMatchObject({ type: 'stream-not-found' });
    await stack.client.appendToStream(stream, events(1), { expectedRevision: 'no_stream' });
    expect(await revisions(stack.client.readStream(stream))).toEqual([3n]);
  });

  it('is refused at another revision', async () => {
    const { stream } = await written(3);
    expect(await thrownBy(stack.client.deleteStream(stream, { expectedRevision: 1n }))).toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: 1n,
      actualVersion: 2n,
    });
  });

  it.each([
    ['', 'the stream needs a name'],
    ['$$$$x', 'metadata of metadata cannot be written'],
  ])('of a stream that there cannot be (%j) is refused, and nobody else is disturbed', async (name, why) => {
    for (const refused of [() => stack.client.deleteStream(name), () => stack.client.tombstoneStream(name)])
      expect(await thrownBy(refused())).toMatchObject({ code: 2, message: expect.stringContaining(why) });
    const { stream, ids } = await written(1);
    expect(await storedIds(stack.client, stream)).toEqual(ids);
  });

  it('for ever is for ever', async () => {
    const { stream } = await written(2);
    await stack.client.tombstoneStream(stream);
    const deleted = { type: 'stream-deleted', streamName: stream };
    expect(await thrownBy(stack.client.readStream(stream))).toMatchObject(deleted);
    expect(await thrownBy(stack.client.subscribeToStream(stream))).toMatchObject(deleted);
    expect(await thrownBy(stack.client.appendToStream(stream, events(1)))).toMatchObject(deleted);
    const credentials = { username: 'x', password: 'y' };
    expect(await thrownBy(stack.client.appendToStream(stream, events(1), { credentials }))).toMatchObject(deleted);
    expect(await thrownBy(stack.client.deleteStream(stream))).toMatchObject(deleted);
  });
});

describe('what is not simulated', () => {
  it('says so', async () => {
    expect(await thrownBy(stack.client.listProjections())).toMatchObject({ code: 12 });
    expect(await thrownBy(stack.client.deletePersistentSubscriptionToStream('s', 'g'))).toMatchObject({ code: 12 });
  });
});
