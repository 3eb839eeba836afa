import { describe, expect } from 'vitest';
import type { EventLog, RecordedEvent, SubscriptionState } from '#ports/event-log.ts';
import {
  follow,
  freshName,
  ids,
  mark,
  newEvents,
  readWhole,
  type Suite,
  write,
} from '#test/contract/event-log/suite.ts';

const byStream = (...prefixes: string[]) => ({ filter: { by: 'stream-prefix', prefixes } as const });
const byType = (...prefixes: string[]) => ({ filter: { by: 'type-prefix', prefixes } as const });

export function describeSubscriptions({ test, factory }: Suite): void {
  describe('subscribe', () => {
    test('gives what is there from the first event, says that it has caught up, then gives what comes', async (log) => {
      const stream = freshName('live');
      const before = newEvents(20);
      const after = newEvents(5);
      await write(log, stream, 'no-stream', before);
      const seen = await follow(log, byStream(stream), async ({ items, events }) => {
        if (items.at(-1)?.kind === 'caught-up' && events.length === 20) await write(log, stream, 19, after);
        return events.length >= 25;
      });
      expect(ids(seen.events)).toEqual(ids([...before, ...after]));
      expect(seen.caughtUp).toBe(true);
    });

    test('gives everything after a position and not the event at it', async (log) => {
      const stream = freshName('after');
      await write(log, stream, 'no-stream', newEvents(10));
      const stored = await readWhole(log, stream);
      const options = { after: stored[3]?.position ?? '', ...byStream(stream) };
      const seen = await follow(log, options, ({ caughtUp }) => caughtUp);
      expect(seen.events).toEqual(stored.slice(4));
    });

    test('without a filter gives all streams but those of the system', async (log) => {
      const start = await mark(log);
      const streams = [freshName('a'), freshName('b')];
      for (const stream of streams) await write(log, stream, 'no-stream', newEvents(3));
      await log.writeStreamMetadata(streams[0] ?? '', 'no-stream', { $maxCount: 2 });
      const end = await mark(log);
      const seen = await follow(log, { after: start }, ({ events }) => events.some((event) => event.position === end));
      const all = seen.events.filter((event) => streams.includes(event.stream));
      expect(all).toHaveLength(6);
      expect(seen.events.filter((event) => event.stream.startsWith('$'))).toEqual([]);
    });

    test('with several stream prefixes gives the streams that begin with one of them, exact in case', async (log) => {
      const base = freshName('prefix');
      const start = await mark(log);
      const tails = ['a-1', 'a-2', 'b-1', 'ab', 'A-1', 'c-a-1', 'ü-1'];
      for (const tail of tails) await write(log, `${base}${tail}`, 'no-stream', newEvents(1));
      const options = { after: start, ...byStream(`${base}a-`, `${base}b`, `${base}ü`) };
      const seen = await follow(log, options, ({ caughtUp }) => caughtUp);
      expect(seen.events.map((event) => event.stream.slice(base.length))).toEqual(['a-1', 'a-2', 'b-1', 'ü-1']);
    });

    test('with type prefixes gives the events of those types from all streams', async (log) => {
      const start = await mark(log);
      const kind = freshName('kind');
      const streams = [freshName('x'), freshName('y')];
      for (const stream of streams) {
        await write(log, stream, 'no-stream', [
          ...newEvents(2, `${kind}.Raised`),
          ...newEvents(2, `other.${kind}.Raised`),
          ...newEvents(1, `${kind}.Resolved`),
        ]);
      }
      const options = { after: start, ...byType(`${kind}.Ra`, `${kind}.Res`) };
      const seen = await follow(log, options, ({ caughtUp }) => caughtUp);
      expect(seen.events.map((event) => event.type.slice(kind.length))).toEqual([
        ...['.Raised', '.Raised', '.Resolved', '.Raised', '.Raised', '.Resolved'],
      ]);
    });

    test('gives a checkpoint for what was looked at though nothing matched', async (log) => {
      const start = await mark(log);
      const noise = freshName('noise');
      for (let n = 0; n < 4; n++) await write(log, noise, n === 0 ? 'no-stream' : n * 500 - 1, newEvents(500));
      const seen = await follow(log, { after: start, ...byStream(freshName('nothing')) }, ({ items }) =>
        items.some((item) => item.kind === 'checkpoint' && item.position > start),
      );
      const checkpoint = seen.items.find((item) => item.kind === 'checkpoint');
      expect(seen.events).toEqual([]);
      expect(checkpoint).toMatchObject({ kind: 'checkpoint', position: expect.stringMatching(/./) });
    });

    test('goes on from a checkpoint without losing what comes after it', async (log) => {
      const start = await mark(log);
      const stream = freshName('resumed');
      const noise = freshName('noise');
      for (let n = 0; n < 4; n++) await write(log, noise, n === 0 ? 'no-stream' : n * 500 - 1, newEvents(500));
      const batch = newEvents(3);
      const seen = await follow(log, { after: start, ...byStream(stream) }, ({ items }) =>
        items.some((item) => item.kind === 'checkpoint'),
      );
      await write(log, stream, 'no-stream', batch);
      const last = seen.items.findLast((item) => item.kind === 'checkpoint');
      const resumed = await follow(
        log,
        { after: last?.kind === 'checkpoint' ? last.position : '', ...byStream(stream) },
        ({ events }) => events.length >= 3,
      );
      expect(ids(resumed.events)).toEqual(ids(batch));
    });

    test('gives bursts of a hundred events per append without gap, repeat or disorder', async (log) => {
      const stream = freshName('burst');
      const start = await mark(log);
      let writing: Promise<void> | undefined;
      const seen = await follow(log, { after: start, ...byStream(stream) }, ({ caughtUp, events }) => {
        if (caughtUp) writing ??= writeBatches(log, stream, 20, 100);
        return events.length >= 2_000;
      });
      await writing;
      expect(seen.events.map((event) => event.revision)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
    });

    test('waits for a consumer that does not ask, and loses nothing meanwhile', async (log) => {
      const stream = freshName('paused');
      const start = await mark(log);
      let paused = false;
      const seen = await follow(log, { after: start, ...byStream(stream) }, async ({ caughtUp, events }) => {
        if (caughtUp && !paused) {
          paused = true;
          await writeBatches(log, stream, 10, 200);
        }
        return events.length >= 2_000;
      });
      expect(seen.events.map((event) => event.revision)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
    });

    test('hands out no more events at a time than it was asked for', async (log) => {
      const stream = freshName('batch-size');
      await write(log, stream, 'no-stream', newEvents(25));
      const seen = await follow(log, { batchSize: 10, ...byStream(stream) }, ({ events }) => events.length >= 25);
      const sizes = seen.items.map((item) => (item.kind === 'events' ? item.events.length : 0));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
      expect(seen.events).toEqual(await readWhole(log, stream));
    });

    test('never goes back', async (log) => {
      const start = await mark(log);
      const stream = freshName('forward');
      await writeBatches(log, stream, 5, 50);
      const seen = await follow(log, { after: start, batchSize: 7 }, ({ caughtUp }) => caughtUp);
      const positions = seen.items.flatMap((item) =>
        item.kind === 'events' ? item.events.map((event) => event.position) : 'position' in item ? [item.position] : [],
      );
      expect(positions).toEqual(positions.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    });

    test('serves several subscribers, each at its own pace', async (log) => {
      const stream = freshName('several');
      await writeBatches(log, stream, 3, 50);
      const follower = (batchSize: number) =>
        follow(log, { batchSize, ...byStream(stream) }, ({ events }) => events.length >= 150);
      const all = await Promise.all([follower(3), follower(40), follower(500)]);
      const stored: readonly RecordedEvent[] = await readWhole(log, stream);
      for (const seen of all) expect(seen.events).toEqual(stored);
    });

    test('says when it is live', async (log) => {
      const states: SubscriptionState[] = [];
      const start = await mark(log);
      const options = { after: start, onState: (state: SubscriptionState) => states.push(state) };
      await follow(log, options, ({ caughtUp }) => caughtUp);
      expect(states.at(-1)).toEqual({ state: 'live' });
    });

    test('ends without a fault when it is aborted while it waits', async (log) => {
      const stop = new AbortController();
      const kinds: string[] = [];
      for await (const item of log.subscribe({ after: await mark(log), signal: stop.signal })) {
        kinds.push(item.kind);
        // The next request finds nothing and waits; the abort comes only then.
        if (item.kind === 'caught-up') setImmediate(() => stop.abort());
      }
      expect(kinds).toContain('caught-up');
    });

    test('hands out nothing when it is aborted before it begins', async (log) => {
      const items = [];
      for await (const item of log.subscribe({ signal: AbortSignal.abort() })) items.push(item);
      expect(items).toEqual([]);
    });

    test('ends when the consumer leaves its loop, and the log goes on', async (log) => {
      const stream = freshName('left');
      await write(log, stream, 'no-stream', newEvents(3));
      for await (const item of log.subscribe({ signal: new AbortController().signal, ...byStream(stream) })) {
        if (item.kind === 'events') break;
      }
      await write(log, stream, 2, newEvents(1));
    });

    test('ends when the log is closed, which then answers nothing any more', async () => {
      const { log, dispose } = await factory();
      const start = await mark(log);
      let closing: Promise<void> | undefined;
      for await (const item of log.subscribe({ after: start, signal: AbortSignal.timeout(20_000) })) {
        if (item.kind === 'caught-up') closing = log.close();
      }
      expect(closing).toBeDefined();
      await closing;
      expect(await log.append(freshName('closed'), 'no-stream', newEvents(1))).toMatchObject({ ok: false });
      expect(await log.readAll({ direction: 'forwards', limit: 1 })).toMatchObject({ ok: false });
      await dispose();
    });
  });
}

async function writeBatches(log: EventLog, stream: string, batches: number, size: number): Promise<void> {
  for (let n = 0; n < batches; n++) await write(log, stream, n === 0 ? 'no-stream' : n * size - 1, newEvents(size));
}
