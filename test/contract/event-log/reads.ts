import { describe, expect } from 'vitest';
import type { RecordedEvent } from '#ports/event-log.ts';
import {
  freshName,
  ids,
  mark,
  newEvents,
  readAfter,
  readWhole,
  type Suite,
  write,
} from '#test/contract/event-log/suite.ts';

export function describeReads({ test }: Suite): void {
  describe('readStream', () => {
    test('gives pages forwards', async (log) => {
      const stream = freshName('forwards');
      const batch = newEvents(25);
      await write(log, stream, 'no-stream', batch);
      expect(ids(await readWhole(log, stream, 10))).toEqual(ids(batch));
      expect(ids(await readWhole(log, stream, 5))).toEqual(ids(batch));
    });

    test('begins at the start forwards and at the end backwards', async (log) => {
      const stream = freshName('both-ends');
      await write(log, stream, 'no-stream', newEvents(10));
      const first = await log.readStream(stream, { direction: 'forwards', limit: 3 });
      const last = await log.readStream(stream, { direction: 'backwards', limit: 3 });
      expect(revisions(first)).toEqual([0, 1, 2]);
      expect(revisions(last)).toEqual([9, 8, 7]);
    });

    test('includes the revision that it begins with', async (log) => {
      const stream = freshName('inclusive');
      await write(log, stream, 'no-stream', newEvents(10));
      expect(revisions(await log.readStream(stream, { direction: 'forwards', from: 8, limit: 5 }))).toEqual([8, 9]);
      expect(revisions(await log.readStream(stream, { direction: 'backwards', from: 1, limit: 5 }))).toEqual([1, 0]);
    });

    test('gives nothing beyond the end', async (log) => {
      const stream = freshName('beyond');
      await write(log, stream, 'no-stream', newEvents(2));
      expect(await log.readStream(stream, { direction: 'forwards', from: 2, limit: 5 })).toEqual({
        ...{ ok: true, events: [] },
      });
    });

    test('says that a stream which nobody wrote is not found, both ways', async (log) => {
      const stream = freshName('nobody');
      for (const direction of ['forwards', 'backwards'] as const) {
        expect(await log.readStream(stream, { direction, limit: 1 })).toEqual({
          ok: false,
          reason: 'stream-not-found',
        });
      }
    });

    test('sees what was appended as soon as the append has answered', async (log) => {
      const stream = freshName('own-write');
      for (let n = 0; n < 20; n++) {
        const { revision } = await write(log, stream, n === 0 ? 'no-stream' : n - 1, newEvents(1));
        expect(revisions(await log.readStream(stream, { direction: 'backwards', limit: 1 }))).toEqual([revision]);
      }
    });
  });

  describe('readAll', () => {
    test('gives the events of all streams in the order in which they were written', async (log) => {
      const start = await mark(log);
      const streams = [freshName('a'), freshName('b'), freshName('c')];
      const written: string[] = [];
      for (let n = 0; n < 9; n++) {
        const batch = newEvents(2);
        await write(log, streams[n % 3] ?? '', n < 3 ? 'no-stream' : Math.floor(n / 3) * 2 - 1, batch);
        written.push(...ids(batch));
      }
      expect(ids(own(await readAfter(log, start, 4), streams))).toEqual(written);
    });

    test('gives the same events backwards', async (log) => {
      const start = await mark(log);
      const stream = freshName('backwards');
      await write(log, stream, 'no-stream', newEvents(10));
      const end = await mark(log);
      const forwards = (await readAfter(log, start)).filter((event) => event.position < end);
      const backwards = await log.readAll({ direction: 'backwards', after: end, limit: forwards.length });
      expect(backwards).toEqual({ ok: true, events: forwards.toReversed() });
    });

    test('begins with the newest event backwards', async (log) => {
      const stream = freshName('newest');
      const { position } = await write(log, stream, 'no-stream', newEvents(1));
      const page = await log.readAll({ direction: 'backwards', limit: 1 });
      expect(page.ok && (page.events[0]?.position ?? '') >= (position ?? '?')).toBe(true);
    });

    test('begins with the oldest event forwards', async (log) => {
      const start = await mark(log);
      const page = await log.readAll({ direction: 'forwards', limit: 1 });
      expect(page.ok && (page.events[0]?.position ?? '?') <= start).toBe(true);
    });

    test('leaves out the position that it begins after', async (log) => {
      const stream = freshName('exclusive');
      await mark(log);
      await write(log, stream, 'no-stream', newEvents(3));
      const [, second, third] = await readWhole(log, stream);
      const page = await log.readAll({ direction: 'forwards', after: second?.position ?? '', limit: 1 });
      expect(page).toEqual({ ok: true, events: [third] });
    });

    test('has positions that grow and compare as strings', async (log) => {
      const start = await mark(log);
      await write(log, freshName('grow'), 'no-stream', newEvents(300));
      const positions = (await readAfter(log, start)).map((event) => event.position);
      expect(positions).toEqual(positions.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(new Set(positions).size).toBe(positions.length);
      expect(positions.every((position) => position > start)).toBe(true);
    });

    test('shows an event exactly as its stream does', async (log) => {
      const start = await mark(log);
      const stream = freshName('same');
      await write(log, stream, 'no-stream', newEvents(5));
      expect(own(await readAfter(log, start), [stream])).toEqual(await readWhole(log, stream));
    });

    test('leaves out the streams of the system', async (log) => {
      const start = await mark(log);
      const stream = freshName('system');
      await write(log, stream, 'no-stream', newEvents(1));
      await log.writeStreamMetadata(stream, 'no-stream', { $maxCount: 10 });
      await log.deleteStream(stream, 0);
      const other = freshName('tombstone');
      await write(log, other, 'no-stream', newEvents(1));
      await log.tombstoneStream(other, 0);
      await mark(log);
      const events = await readAfter(log, start);
      expect(events.filter((event) => event.stream.startsWith('$'))).toEqual([]);
      expect(own(events, [stream, other]).map((event) => event.type)).toEqual(['Tested', 'Tested']);
    });

    test('ends with an empty page', async (log) => {
      await mark(log);
      let page = await log.readAll({ direction: 'backwards', limit: 1 });
      for (let round = 0; page.ok && page.events[0] !== undefined && round < 100; round++) {
        page = await log.readAll({ direction: 'forwards', after: page.events[0].position, limit: 1 });
      }
      expect(page).toEqual({ ok: true, events: [] });
    });
  });
}

function own(events: readonly RecordedEvent[], streams: readonly string[]): RecordedEvent[] {
  return events.filter((event) => streams.includes(event.stream));
}

function revisions(page: { readonly ok: boolean; readonly events?: readonly RecordedEvent[] }): number[] | undefined {
  return page.events?.map((event) => event.revision);
}
