import { describe, expect } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import type { EventLog } from '#ports/event-log.ts';
import { freshName, mark, newEvents, readAfter, readWhole, type Suite, write } from '#test/contract/event-log/suite.ts';

export function describeStreamMetadata({ test }: Suite): void {
  describe('stream metadata', () => {
    test('is empty where none was written', async (log) => {
      const stream = freshName('none');
      const none = { ok: true, metadata: {}, revision: 'no-stream' };
      expect(await log.readStreamMetadata(stream)).toEqual(none);
      await write(log, stream, 'no-stream', newEvents(1));
      expect(await log.readStreamMetadata(stream)).toEqual(none);
    });

    test('is replaced as a whole and has revisions of its own', async (log) => {
      const stream = freshName('replaced');
      await write(log, stream, 'no-stream', newEvents(4));
      await set(log, stream, 'no-stream', { $maxCount: 3, owner: { name: 'desk', tags: [1, 'ü'] } });
      expect(await log.readStreamMetadata(stream)).toEqual({
        ...{ ok: true, revision: 0, metadata: { $maxCount: 3, owner: { name: 'desk', tags: [1, 'ü'] } } },
      });
      await set(log, stream, 0, { note: 'new' });
      expect(await log.readStreamMetadata(stream)).toEqual({ ok: true, revision: 1, metadata: { note: 'new' } });
      expect(await readWhole(log, stream)).toHaveLength(4);
    });

    test('is refused at a wrong revision', async (log) => {
      const stream = freshName('conflict');
      await set(log, stream, 'no-stream', { a: 1 });
      const conflict = { ok: false, reason: 'wrong-expected-revision', actual: 0 };
      expect(await log.writeStreamMetadata(stream, 'no-stream', { a: 2 })).toEqual(conflict);
      expect(await log.writeStreamMetadata(stream, 3, { a: 2 })).toEqual(conflict);
      expect(await log.readStreamMetadata(stream)).toMatchObject({ metadata: { a: 1 } });
    });

    test('may be written before the stream itself', async (log) => {
      const stream = freshName('before');
      await set(log, stream, 'no-stream', { $maxCount: 2 });
      expect(await log.readStream(stream, { direction: 'forwards', limit: 1 })).toMatchObject({
        reason: 'stream-not-found',
      });
      await write(log, stream, 'no-stream', newEvents(3));
      expect(await revisions(log, stream)).toEqual([1, 2]);
    });

    test('$maxCount cuts all but the last events, and numbering goes on', async (log) => {
      const stream = freshName('max-count');
      await write(log, stream, 'no-stream', newEvents(5));
      await set(log, stream, 'no-stream', { $maxCount: 2 });
      expect(await revisions(log, stream)).toEqual([3, 4]);
      expect((await write(log, stream, 4, newEvents(1))).revision).toBe(5);
      expect(await revisions(log, stream)).toEqual([4, 5]);
      const backwards = await log.readStream(stream, { direction: 'backwards', limit: 10 });
      expect(backwards.ok && backwards.events.map((event) => event.revision)).toEqual([5, 4]);
      await set(log, stream, 0, { $maxCount: 4 });
      expect(await revisions(log, stream)).toEqual([2, 3, 4, 5]);
    });

    test('$tb cuts everything before a revision', async (log) => {
      const stream = freshName('truncate-before');
      await write(log, stream, 'no-stream', newEvents(5));
      await set(log, stream, 'no-stream', { $tb: 3 });
      expect(await revisions(log, stream)).toEqual([3, 4]);
    });

    test('$maxAge cuts what is older', async (log) => {
      const stream = freshName('max-age');
      await write(log, stream, 'no-stream', newEvents(2));
      await set(log, stream, 'no-stream', { $maxAge: 3_600 });
      expect(await revisions(log, stream)).toEqual([0, 1]);
      await set(log, stream, 0, { $maxAge: 1 });
      await expect.poll(() => revisions(log, stream), { timeout: 20_000, interval: 50 }).toEqual([]);
      expect((await write(log, stream, 1, newEvents(1))).revision).toBe(2);
    });

    test('makes a stream empty, not missing, when everything is cut', async (log) => {
      const stream = freshName('all-cut');
      await write(log, stream, 'no-stream', newEvents(2));
      await set(log, stream, 'no-stream', { $tb: 2 });
      for (const direction of ['forwards', 'backwards'] as const) {
        expect(await log.readStream(stream, { direction, limit: 5 })).toEqual({ ok: true, events: [] });
      }
      expect(await log.append(stream, 'no-stream', newEvents(1))).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: 1 },
      });
      expect((await write(log, stream, 1, newEvents(1))).revision).toBe(2);
      expect(await revisions(log, stream)).toEqual([2]);
    });

    test('cuts nothing from the log as a whole', async (log) => {
      const start = await mark(log);
      const stream = freshName('still-there');
      await write(log, stream, 'no-stream', newEvents(3));
      await set(log, stream, 'no-stream', { $maxCount: 1 });
      const all = (await readAfter(log, start)).filter((event) => event.stream === stream);
      expect(all.map((event) => event.revision)).toEqual([0, 1, 2]);
    });
  });
}

async function set(log: EventLog, stream: string, expected: number | 'no-stream', metadata: JsonObject): Promise<void> {
  expect(await log.writeStreamMetadata(stream, expected, metadata)).toMatchObject({ ok: true });
}

async function revisions(log: EventLog, stream: string): Promise<number[]> {
  return (await readWhole(log, stream)).map((event) => event.revision);
}
