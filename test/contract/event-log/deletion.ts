import { describe, expect } from 'vitest';
import {
  follow,
  freshName,
  mark,
  newEvents,
  readAfter,
  readWhole,
  type Suite,
  write,
} from '#test/contract/event-log/suite.ts';

const forwards = { direction: 'forwards', limit: 10 } as const;
const notFound = { ok: false, reason: 'stream-not-found' };

export function describeDeletion({ test }: Suite): void {
  describe('deleteStream', () => {
    test('makes the stream read as not found', async (log) => {
      const stream = freshName('deleted');
      await write(log, stream, 'no-stream', newEvents(3));
      expect(await log.deleteStream(stream, 2)).toEqual({ ok: true });
      expect(await log.readStream(stream, forwards)).toEqual(notFound);
      expect(await log.readStream(stream, { direction: 'backwards', limit: 1 })).toEqual(notFound);
    });

    test('lets the stream be written anew, and numbering goes on', async (log) => {
      const stream = freshName('anew');
      await write(log, stream, 'no-stream', newEvents(3));
      await log.deleteStream(stream, 2);
      expect((await write(log, stream, 'no-stream', newEvents(2))).revision).toBe(4);
      expect((await readWhole(log, stream)).map((event) => event.revision)).toEqual([3, 4]);
      expect((await write(log, stream, 4, newEvents(1))).revision).toBe(5);
    });

    test('lets the stream be written at its last revision', async (log) => {
      const stream = freshName('last-revision');
      await write(log, stream, 'no-stream', newEvents(3));
      await log.deleteStream(stream, 2);
      expect((await write(log, stream, 2, newEvents(1))).revision).toBe(3);
      expect((await readWhole(log, stream)).map((event) => event.revision)).toEqual([3]);
    });

    test('works again after the stream was written anew', async (log) => {
      const stream = freshName('twice');
      await write(log, stream, 'no-stream', newEvents(1));
      await log.deleteStream(stream, 0);
      await write(log, stream, 'no-stream', newEvents(1));
      expect(await log.deleteStream(stream, 1)).toEqual({ ok: true });
      expect(await log.readStream(stream, forwards)).toEqual(notFound);
      expect((await write(log, stream, 'no-stream', newEvents(1))).revision).toBe(2);
      expect((await readWhole(log, stream)).map((event) => event.revision)).toEqual([2]);
    });

    test('is refused at a wrong revision and of a stream that does not exist', async (log) => {
      const stream = freshName('wrong');
      await write(log, stream, 'no-stream', newEvents(3));
      const conflict = { ok: false, reason: 'wrong-expected-revision' };
      expect(await log.deleteStream(stream, 1)).toEqual({ ...conflict, actual: 2 });
      expect(await log.deleteStream(freshName('missing'), 0)).toEqual({ ...conflict, actual: 'no-stream' });
      expect(await readWhole(log, stream)).toHaveLength(3);
    });

    test('leaves the events in the log as a whole', async (log) => {
      const start = await mark(log);
      const stream = freshName('kept');
      await write(log, stream, 'no-stream', newEvents(2));
      await log.deleteStream(stream, 1);
      expect((await readAfter(log, start)).filter((event) => event.stream === stream)).toHaveLength(2);
    });
  });

  describe('tombstoneStream', () => {
    test('ends a stream for ever', async (log) => {
      const stream = freshName('tombstone');
      await write(log, stream, 'no-stream', newEvents(2));
      expect(await log.tombstoneStream(stream, 1)).toEqual({ ok: true });
      const deleted = { ok: false, reason: 'stream-deleted' };
      expect(await log.readStream(stream, forwards)).toMatchObject(deleted);
      expect(await log.append(stream, 'no-stream', newEvents(1))).toMatchObject(deleted);
      expect(await log.append(stream, 1, newEvents(1))).toMatchObject(deleted);
      expect(await log.deleteStream(stream, 1)).toMatchObject(deleted);
    });

    test('is refused at a wrong revision', async (log) => {
      const stream = freshName('wrong');
      await write(log, stream, 'no-stream', newEvents(2));
      expect(await log.tombstoneStream(stream, 0)).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: 1 },
      });
      expect(await readWhole(log, stream)).toHaveLength(2);
    });

    test('stops no subscription', async (log) => {
      const start = await mark(log);
      const stream = freshName('followed');
      const next = freshName('followed-next');
      await write(log, stream, 'no-stream', newEvents(2));
      await log.tombstoneStream(stream, 1);
      await write(log, next, 'no-stream', newEvents(1));
      const seen = await follow(log, { after: start }, ({ events }) => events.some((event) => event.stream === next));
      expect(seen.events.filter((event) => event.stream === stream).map((event) => event.type)).toEqual([
        ...['Tested', 'Tested'],
      ]);
    });
  });
}
