import { describe, expect } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import { freshName, ids, newEvent, newEvents, readWhole, type Suite, write } from '#test/contract/event-log/suite.ts';

const notFound = { ok: false, reason: 'stream-not-found' };

export function describeAppends({ test }: Suite): void {
  describe('append', () => {
    test('numbers the events of a stream from 0 and answers the revision of the last', async (log) => {
      const stream = freshName('numbers');
      expect((await write(log, stream, 'no-stream', newEvents(3))).revision).toBe(2);
      expect((await write(log, stream, 2, newEvents(2))).revision).toBe(4);
      expect((await readWhole(log, stream)).map((event) => event.revision)).toEqual([0, 1, 2, 3, 4]);
    });

    test('answers the position of the last event', async (log) => {
      const stream = freshName('position');
      const { position } = await write(log, stream, 'no-stream', newEvents(3));
      expect((await readWhole(log, stream)).at(-1)?.position).toBe(position);
    });

    test('stores id, type, data, metadata and the time of writing', async (log) => {
      const stream = freshName('stores');
      const event = newEvent({ caller: { name: 'Ann' } }, 'EmergencyRaised');
      await write(log, stream, 'no-stream', [event]);
      const [stored] = await readWhole(log, stream);
      expect(stored).toMatchObject({ ...event, stream, revision: 0 });
      expect(stored?.created).toBeGreaterThan(Date.UTC(2020));
    });

    test('takes events that were serialised before, in one append or several, and again', async (log) => {
      const stream = freshName('serialised');
      const plain = [{ caller: '緊急' }, {}, { n: 3 }, { text: 'x'.repeat(5000) }].map((data) => newEvent(data));
      const text = plain.map(({ metadata, data }) => [JSON.stringify(metadata), JSON.stringify(data)] as const);
      const bytes = new TextEncoder().encode(text.flat().join(''));
      let at = 0;
      const size = (each: string) => new TextEncoder().encode(each).length;
      const events = plain.map((event, i): NewEvent => {
        const [metadata, data] = text[i] ?? ['', ''];
        const start = at;
        const middle = start + size(metadata);
        at = middle + size(data);
        return { ...event, json: { bytes, start, middle, end: at } };
      });
      await write(log, stream, 'no-stream', events.slice(0, 1));
      // Not next to each other, and one that was not serialised.
      await write(log, stream, 0, [events[2] as NewEvent, events[1] as NewEvent, plain[3] as NewEvent]);
      await write(log, stream, 0, [events[2] as NewEvent, events[1] as NewEvent, events[3] as NewEvent]);
      const stored = await readWhole(log, stream);
      expect(stored.map(({ data, metadata }) => ({ data, metadata }))).toEqual(
        [0, 2, 1, 3].map((i) => ({ data: plain[i]?.data, metadata: plain[i]?.metadata })),
      );
      const other = freshName('serialised-together');
      await write(log, other, 'no-stream', events.slice(1));
      expect((await write(log, other, 'no-stream', events.slice(1))).revision).toBe(2);
      expect((await readWhole(log, other)).map(({ data }) => data)).toEqual(plain.slice(1).map(({ data }) => data));
    });

    test('refuses an expectation that the stream has passed and says where it is', async (log) => {
      const stream = freshName('passed');
      await write(log, stream, 'no-stream', newEvents(3));
      const conflict = { ok: false, reason: 'wrong-expected-revision', actual: 2 };
      expect(await log.append(stream, 'no-stream', newEvents(1))).toEqual(conflict);
      expect(await log.append(stream, 1, newEvents(1))).toEqual(conflict);
      expect(await readWhole(log, stream)).toHaveLength(3);
    });

    test('refuses an expectation that the stream has not reached', async (log) => {
      const stream = freshName('ahead');
      await write(log, stream, 'no-stream', newEvents(1));
      expect(await log.append(stream, 7, newEvents(1))).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: 0 },
      });
    });

    test('refuses a revision of a stream that does not exist', async (log) => {
      const stream = freshName('missing');
      expect(await log.append(stream, 0, newEvents(1))).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: 'no-stream' },
      });
      expect(await log.readStream(stream, { direction: 'forwards', limit: 1 })).toEqual(notFound);
    });

    test('takes an empty batch for a success that writes nothing', async (log) => {
      const stream = freshName('empty');
      expect(await log.append(stream, 'no-stream', [])).toMatchObject({ ok: true });
      expect(await log.readStream(stream, { direction: 'forwards', limit: 1 })).toEqual(notFound);
    });

    test('writes all events of a batch that another writer was first with, or none', async (log) => {
      const stream = freshName('atomic');
      const batches = Array.from({ length: 8 }, () => newEvents(20));
      const results = await Promise.all(batches.map((batch) => log.append(stream, 'no-stream', batch)));
      const winner = batches[results.findIndex((result) => result.ok)] ?? [];
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(ids(await readWhole(log, stream))).toEqual(ids(winner));
    });

    test('lets exactly one of fifty writers win each revision', async (log) => {
      const stream = freshName('fifty');
      const writers = newEvents(50);
      const wins = new Map<number, number>();
      const persist = async (event: NewEvent) => {
        let expected: number | 'no-stream' = 'no-stream';
        for (;;) {
          const result = await log.append(stream, expected, [event]);
          if (result.ok) {
            wins.set(result.revision, (wins.get(result.revision) ?? 0) + 1);
            return;
          }
          if (result.reason !== 'wrong-expected-revision') throw new Error(result.reason);
          expected = result.actual;
        }
      };
      await Promise.all(writers.map(persist));
      expect([...wins].sort(([a], [b]) => a - b)).toEqual(writers.map((_, revision) => [revision, 1]));
      expect(new Set(ids(await readWhole(log, stream)))).toEqual(new Set(ids(writers)));
    });

    test('answers many appends in flight to different streams each for itself', async (log) => {
      const streams = Array.from({ length: 100 }, (_, n) => freshName(`flight-${n}`));
      const results = await Promise.all(
        streams.map((stream, n) => log.append(stream, n % 10 === 0 ? 3 : 'no-stream', newEvents(2))),
      );
      expect(results.map((result) => result.ok)).toEqual(streams.map((_, n) => n % 10 !== 0));
    });

    test('takes a megabyte in one append', async (log) => {
      const stream = freshName('megabyte');
      await write(log, stream, 'no-stream', [newEvent({ text: 'x'.repeat(1_000_000) })]);
      expect((await readWhole(log, stream))[0]?.data).toEqual({ text: 'x'.repeat(1_000_000) });
    });

    test('refuses an append above the limit, names the limit and goes on', async (log) => {
      const stream = freshName('too-large');
      const large = await log.append(stream, 'no-stream', [newEvent({ text: 'x'.repeat(1_100_000) })]);
      expect(large).toEqual({ ok: false, reason: 'too-large', limit: 1_048_576 });
      const together = Array.from({ length: 12 }, () => newEvent({ text: 'x'.repeat(100_000) }));
      expect(await log.append(stream, 'no-stream', together)).toEqual(large);
      expect(await log.readStream(stream, { direction: 'forwards', limit: 1 })).toEqual(notFound);
      await write(log, stream, 'no-stream', newEvents(1));
    });

    test('refuses what can never be written as invalid', async (log) => {
      const stream = freshName('invalid');
      const invalid = { ok: false, reason: 'invalid' };
      const unserialisable = { n: 1n } as unknown as JsonObject;
      const nothing = undefined as unknown as JsonObject;
      expect(await log.append(stream, 'no-stream', [{ ...newEvent(), id: 'no-uuid' }])).toMatchObject(invalid);
      expect(await log.append(stream, 'no-stream', [{ ...newEvent(), type: '' }])).toMatchObject(invalid);
      expect(await log.append(stream, 'no-stream', [newEvent(unserialisable)])).toMatchObject(invalid);
      expect(await log.append(stream, 'no-stream', [{ ...newEvent(), data: nothing }])).toMatchObject(invalid);
      expect(await log.append('', 'no-stream', newEvents(1))).toMatchObject(invalid);
      expect(await log.append('$$', 'no-stream', newEvents(1))).toMatchObject(invalid);
      await write(log, stream, 'no-stream', newEvents(1));
    });

    test('keeps every kind of JSON as it was', async (log) => {
      const stream = freshName('json');
      const data: JsonObject = {
        ...{ empty: {}, list: [], nothing: null, yes: true, no: false, text: '', '': 'no name', $x: 1 },
        numbers: [0, -1, 0.1, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 1.7976931348623157e308],
        texts: ['"\\/\b\f\n\r\t\u0000\u2028', 'äöü ß', '日本語', '🚨\u200d', '\ud800', 'Ω≈ç√∫'],
        nested: { a: [{ b: [[[{ c: 'deep' }]]] }] },
      };
      await write(log, stream, 'no-stream', [{ ...newEvent(data), metadata: data }, newEvent({})]);
      const [full, empty] = await readWhole(log, stream);
      expect(full?.data).toEqual(data);
      expect(full?.metadata).toEqual(data);
      expect(empty?.data).toEqual({});
    });

    test('takes odd stream names and keeps them apart', async (log) => {
      const base = freshName('odd');
      const tails = [
        'x',
        'X',
        'ü',
        'u\u0308',
        'a b',
        'a/b',
        "a'b",
        'a"b',
        'a%b',
        'a_b',
        'a$b',
        '日本',
        '🚨',
        '-',
        'a\tb',
      ];
      const streams = [...tails.map((tail) => base + tail), `${base}${'y'.repeat(300)}`];
      for (const stream of streams) await write(log, stream, 'no-stream', [newEvent({ stream })]);
      for (const stream of streams) {
        const events = await readWhole(log, stream);
        expect(events.map((event) => [event.stream, event.data])).toEqual([[stream, { stream }]]);
      }
    });
  });
}
