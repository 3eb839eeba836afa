import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { EventSource, ReceivedItem, ReceivedMessage, StartPosition } from '#ports/event-source.ts';

/** A hub of at least two partitions, empty, and what a test needs around it. */
export interface EventSourceUnderTest {
  readonly source: EventSource;
  /** Another process of the same consumer group. */
  readonly other: EventSource;
  /** Resolves when the messages can be read. */
  readonly publish: (partitionId: string, messages: readonly MessageToPublish[]) => Promise<void>;
  /** Closes both and removes what they left behind. */
  readonly dispose: () => Promise<void>;
}

const earliest: StartPosition = { at: 'earliest' };

/**
 * What every event source must do.
 * @param skips tests that this implementation cannot pass, by title, each with the reason, which is shown
 */
export function describeEventSource(
  name: string,
  factory: () => Promise<EventSourceUnderTest>,
  skips: readonly { readonly test: string; readonly reason: string }[] = [],
): void {
  describe(`event source: ${name}`, () => {
    let subject: EventSourceUnderTest;
    let source: EventSource;
    const reasons = new Map(skips.map((skip) => [skip.test, skip.reason]));

    beforeEach(async () => {
      subject = await factory();
      source = subject.source;
    });
    afterEach(() => subject.dispose());

    function test(title: string, body: () => Promise<void>): void {
      const reason = reasons.get(title);
      reasons.delete(title);
      it(title, async ({ skip }) => {
        if (reason !== undefined) return skip(reason);
        await body();
      });
    }

    test('describes its hub by names in lower case, time of creation and partitions', async () => {
      const described = await source.describe();
      if (!described.ok) throw new Error(described.detail);
      const { namespace, hub, createdAt, partitionIds } = described.hub;
      expect(namespace).toMatch(/^[a-z0-9.-]+$/);
      expect(hub).toBe(hub.toLowerCase());
      expect(createdAt).toBeGreaterThan(Date.UTC(2020));
      expect(Number.isInteger(createdAt)).toBe(true);
      expect(partitionIds.length).toBeGreaterThanOrEqual(2);
      expect(new Set(partitionIds).size).toBe(partitionIds.length);
      expect(await source.describe()).toEqual(described);
    });

    test('describes a partition that never had a message', async () => {
      expect(await source.partition('0')).toMatchObject({
        ok: true,
        partition: {
          partitionId: '0',
          beginningSequenceNumber: 0,
          lastEnqueuedSequenceNumber: -1,
          lastEnqueuedAt: undefined,
          isEmpty: true,
        },
      });
    });

    test('describes the ends of a partition', async () => {
      const before = Date.now();
      await subject.publish('0', numbered(0, 3));
      const answer = await source.partition('0');
      if (!answer.ok) throw new Error(answer.detail);
      const { beginningSequenceNumber, lastEnqueuedSequenceNumber, lastEnqueuedAt, lastEnqueuedOffset, isEmpty } =
        answer.partition;
      expect([beginningSequenceNumber, lastEnqueuedSequenceNumber, isEmpty]).toEqual([0, 2, false]);
      expect(lastEnqueuedAt).toBeGreaterThanOrEqual(before - 1_000);
      const messages = await collect(source, '0', earliest, 3);
      expect(messages.at(-1)?.offset).toBe(lastEnqueuedOffset);
      expect(await source.partition('1')).toMatchObject({ ok: true, partition: { isEmpty: true } });
    });

    test('refuses to describe a partition that does not exist', async () => {
      expect(await source.partition('999')).toMatchObject({ ok: false });
    });

    test('hands out what was there before it began, in order, with everything that belongs to a message', async () => {
      const body = Buffer.from([0, 255, 123, 34, 97, 34, 58, 32, 49, 125, 10]);
      const properties = { 'cloudEvents:id': 'a', count: 3, yes: true, über: 'ü' };
      await subject.publish('0', [
        { body, contentType: 'application/cloudevents+json', messageId: 'id-1', properties },
      ]);
      await subject.publish('0', numbered(0, 4));
      const messages = await collect(source, '0', earliest, 5);
      expect(messages.map((message) => message.sequenceNumber)).toEqual([0, 1, 2, 3, 4]);
      expect(texts(messages.slice(1))).toEqual(['0', '1', '2', '3']);
      const first = messages[0];
      expect(first && Buffer.from(first.body).equals(body)).toBe(true);
      expect(first).toMatchObject({
        ...{ partitionId: '0', contentType: 'application/cloudevents+json', messageId: 'id-1', properties },
        partitionKey: undefined,
      });
      expect(messages[1]).toMatchObject({ contentType: undefined, messageId: undefined, properties: {} });
      expect(Math.abs((first?.enqueuedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    test('does not touch a body that looks like JSON', async () => {
      await subject.publish('0', [{ body: Buffer.from(' {"a": 1.0,\t"a": 2}\n'), contentType: 'application/json' }]);
      expect(texts(await collect(source, '0', earliest, 1))).toEqual([' {"a": 1.0,\t"a": 2}\n']);
    });

    test('hands out an empty body', async () => {
      await subject.publish('0', [{ body: new Uint8Array(0) }]);
      expect((await collect(source, '0', earliest, 1))[0]?.body.byteLength).toBe(0);
    });

    test('begins after a message, or with it', async () => {
      await subject.publish('0', numbered(0, 6));
      const after: StartPosition = { at: 'sequence-number', sequenceNumber: 2, inclusive: false };
      expect(texts(await collect(source, '0', after, 3))).toEqual(['3', '4', '5']);
      expect(texts(await collect(source, '0', { ...after, inclusive: true }, 4))).toEqual(['2', '3', '4', '5']);
    });

    test('waits at the end for what comes', async () => {
      await subject.publish('0', numbered(0, 1));
      const reading = read(source, '0', { at: 'sequence-number', sequenceNumber: 0, inclusive: false });
      const waiting = reading.take(2);
      await subject.publish('0', numbered(1, 2));
      expect(texts(await waiting)).toEqual(['1', '2']);
      await reading.end();
    });

    test('keeps partitions apart', async () => {
      await subject.publish('0', numbered(0, 3));
      await subject.publish('1', numbered(10, 3));
      const both = await Promise.all(['0', '1'].map((id) => collect(source, id, earliest, 3)));
      expect(both.map(texts)).toEqual([
        ['0', '1', '2'],
        ['10', '11', '12'],
      ]);
      expect(both[1]?.every((message) => message.partitionId === '1')).toBe(true);
    });

    test('hands out everything once and in order to a consumer that is slow now and then', async () => {
      for (let at = 0; at < 3_000; at += 500) await subject.publish('0', numbered(at, 500));
      const reading = read(source, '0', earliest);
      const messages: ReceivedMessage[] = [];
      let turns = 0;
      while (messages.length < 3_500) {
        messages.push(...(await reading.take(1)));
        turns += 1;
        // A consumer that works on the batch while more is published.
        if (turns === 2) await subject.publish('0', numbered(3_000, 500));
        if (turns % 2 === 0) await source.partition('0');
      }
      expect(messages.map((message) => message.sequenceNumber)).toEqual(Array.from({ length: 3_500 }, (_, at) => at));
      await reading.end();
    });

    test('proves that it listens when nothing comes, and where the partition ends', async () => {
      expect(await firstItem(source, '0', 'idle')).toEqual({ kind: 'idle', lastEnqueued: undefined });
      await subject.publish('1', numbered(0, 2));
      const item = await firstItem(source, '1', 'idle');
      expect(item).toMatchObject({ kind: 'idle', lastEnqueued: { sequenceNumber: 1 } });
    });

    test('ends when it is aborted, whether it waits or its consumer works', async () => {
      const waiting = read(source, '0', earliest);
      const taken = waiting.take(1);
      await waiting.end();
      expect(await taken).toEqual([]);
      await subject.publish('1', numbered(0, 2));
      const working = read(source, '1', earliest);
      expect(await working.take(1)).not.toEqual([]);
      await working.end();
    });

    test('does not begin when it was aborted before', async () => {
      await subject.publish('0', numbered(0, 1));
      const items: ReceivedItem[] = [];
      for await (const item of source.receive('0', earliest, AbortSignal.abort())) items.push(item);
      expect(items).toEqual([]);
    });

    test('can be read again after the consumer left the loop', async () => {
      await subject.publish('0', numbered(0, 2));
      for await (const item of source.receive('0', earliest, new AbortController().signal))
        if (item.kind === 'batch') break;
      expect(texts(await collect(source, '0', earliest, 2))).toEqual(['0', '1']);
    });

    test('stops when another process takes the partition', async () => {
      await subject.publish('0', numbered(0, 1));
      const mine = read(source, '0', earliest);
      expect(texts(await mine.take(1))).toEqual(['0']);
      const lost = mine.last();
      const theirs = read(subject.other, '0', earliest);
      expect(texts(await theirs.take(1))).toEqual(['0']);
      expect(await lost).toEqual({ kind: 'stopped', reason: 'ownership-lost' });
      await theirs.end();
    });

    test('stops when the position lies beyond the end', async () => {
      await subject.publish('0', numbered(0, 1));
      const reading = read(source, '0', { at: 'sequence-number', sequenceNumber: 1_000, inclusive: false });
      expect(await reading.last()).toEqual({ kind: 'stopped', reason: 'position-invalid' });
    });

    test('ends what is being read when it is closed', async () => {
      const reading = read(source, '0', earliest);
      const taken = reading.take(1);
      await firstItem(subject.other, '1', 'idle');
      await source.close();
      expect(await taken).toEqual([]);
    });

    const unknown = [...reasons.keys()];
    it('skips no test that does not exist', () => expect(unknown).toEqual([]));
  });
}

/** Messages whose bodies are consecutive numbers. */
function numbered(from: number, count: number): MessageToPublish[] {
  return Array.from({ length: count }, (_, at) => ({ body: Buffer.from(String(from + at)) }));
}

function texts(messages: readonly ReceivedMessage[]): string[] {
  return messages.map((message) => Buffer.from(message.body).toString('utf8'));
}

/** One reading of a partition, item by item. */
function read(source: EventSource, partitionId: string, from: StartPosition) {
  const stop = new AbortController();
  const items = source.receive(partitionId, from, stop.signal)[Symbol.asyncIterator]();
  return {
    /** At least so many messages, whole batches; fewer where the reading ended. */
    take: async (count: number): Promise<ReceivedMessage[]> => {
      const messages: ReceivedMessage[] = [];
      while (messages.length < count) {
        const { value, done } = await items.next();
        if (done === true || value.kind === 'stopped') break;
        if (value.kind === 'batch') messages.push(...value.messages);
      }
      return messages;
    },
    /** The last item of a reading that ends by itself. */
    last: async (): Promise<ReceivedItem | undefined> => {
      let last: ReceivedItem | undefined;
      for (;;) {
        const { value, done } = await items.next();
        if (done === true) return last;
        last = value;
      }
    },
    end: async (): Promise<void> => {
      stop.abort();
      while ((await items.next()).done !== true);
    },
  };
}

async function collect(source: EventSource, partitionId: string, from: StartPosition, count: number) {
  const reading = read(source, partitionId, from);
  const messages = await reading.take(count);
  await reading.end();
  return messages;
}

async function firstItem(source: EventSource, partitionId: string, kind: ReceivedItem['kind']): Promise<ReceivedItem> {
  for await (const item of source.receive(partitionId, earliest, new AbortController().signal))
    if (item.kind === kind) return item;
  throw new Error('the reading ended');
}
