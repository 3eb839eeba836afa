import { describe, expect } from 'vitest';
import { freshName, ids, newEvents, readWhole, type Suite, write } from '#test/contract/event-log/suite.ts';

export function describeIdempotence({ test }: Suite): void {
  describe('a repeated append', () => {
    test('with the same ids at the same revision answers as the first did and writes nothing', async (log) => {
      const stream = freshName('repeat');
      await write(log, stream, 'no-stream', newEvents(2));
      const batch = newEvents(3);
      const first = await write(log, stream, 1, batch);
      expect(await log.append(stream, 1, batch)).toEqual(first);
      expect(await readWhole(log, stream)).toHaveLength(5);
    });

    test('is recognised after others have written on', async (log) => {
      const stream = freshName('later');
      const batch = newEvents(2);
      const first = await write(log, stream, 'no-stream', batch);
      for (let n = 0; n < 5; n++) await write(log, stream, 1 + 40 * n, newEvents(40));
      expect(await log.append(stream, 'no-stream', batch)).toEqual(first);
    });

    test('is recognised though both are in flight at once', async (log) => {
      const stream = freshName('both');
      const batch = newEvents(5);
      const results = await Promise.all(Array.from({ length: 4 }, () => log.append(stream, 'no-stream', batch)));
      expect(results.map((result) => result.ok && result.revision)).toEqual([4, 4, 4, 4]);
      expect(ids(await readWhole(log, stream))).toEqual(ids(batch));
    });

    test('is recognised when it holds the beginning of what was written', async (log) => {
      const stream = freshName('beginning');
      const batch = newEvents(4);
      await write(log, stream, 'no-stream', batch);
      expect(await log.append(stream, 'no-stream', batch.slice(0, 2))).toMatchObject({ ok: true });
      expect(await readWhole(log, stream)).toHaveLength(4);
    });

    test('is recognised when it holds the end of what was written, at its own revision', async (log) => {
      const stream = freshName('end');
      const batch = newEvents(4);
      await write(log, stream, 'no-stream', batch);
      expect(await log.append(stream, 1, batch.slice(2))).toMatchObject({ ok: true, revision: 3 });
      expect(await readWhole(log, stream)).toHaveLength(4);
    });

    test('is refused when something new comes with it', async (log) => {
      const stream = freshName('overlap');
      const batch = newEvents(3);
      await write(log, stream, 'no-stream', batch);
      expect(await log.append(stream, 'no-stream', [...batch, ...newEvents(1)])).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: 2 },
      });
      expect(await readWhole(log, stream)).toHaveLength(3);
    });

    test('is refused when the order differs', async (log) => {
      const stream = freshName('order');
      const batch = newEvents(3);
      await write(log, stream, 'no-stream', batch);
      expect(await log.append(stream, 'no-stream', batch.toReversed())).toMatchObject({
        reason: 'wrong-expected-revision',
      });
    });

    test('is written again at the current revision', async (log) => {
      const stream = freshName('again');
      const batch = newEvents(2);
      await write(log, stream, 'no-stream', batch);
      expect((await write(log, stream, 1, batch)).revision).toBe(3);
      expect(await readWhole(log, stream)).toHaveLength(4);
    });

    test('to another stream is written there', async (log) => {
      const batch = newEvents(2);
      const streams = [freshName('one'), freshName('other')];
      for (const stream of streams) await write(log, stream, 'no-stream', batch);
      for (const stream of streams) expect(ids(await readWhole(log, stream))).toEqual(ids(batch));
    });

    test('succeeds though its events were cut since', async (log) => {
      const stream = freshName('cut');
      const batch = newEvents(2);
      await write(log, stream, 'no-stream', batch);
      await write(log, stream, 1, newEvents(3));
      expect(await log.writeStreamMetadata(stream, 'no-stream', { $maxCount: 1 })).toMatchObject({ ok: true });
      expect(await log.append(stream, 'no-stream', batch)).toEqual({ ok: true, revision: 1, position: undefined });
      expect(await readWhole(log, stream)).toHaveLength(1);
    });

    test('may not be confused by an id that stands twice in one batch', async (log) => {
      const stream = freshName('twice');
      const [event] = newEvents(1);
      const batch = event === undefined ? [] : [event, event];
      expect((await write(log, stream, 'no-stream', batch)).revision).toBe(1);
      expect((await write(log, stream, 'no-stream', batch)).revision).toBe(1);
      expect(await readWhole(log, stream)).toHaveLength(2);
    });
  });
}
