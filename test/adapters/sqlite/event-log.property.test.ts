import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteEventLog, type SqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';
import { freshName, newEvents } from '#test/contract/event-log/suite.ts';

/** What a stream should be, in as few words as possible. */
interface Model {
  readonly events: NewEvent[];
  first: number;
  maxCount: number;
  deleted: boolean;
  metadata: ExpectedRevision;
}

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append'), count: fc.integer({ min: 1, max: 5 }) }) },
  // Somewhere in what was written, sometimes beyond it, with or without something new.
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('repeat'),
      from: fc.nat(12),
      count: fc.integer({ min: 1, max: 5 }),
      more: fc.nat(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('conflict'), off: fc.integer({ min: -3, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('begin') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('limit'), maxCount: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate'), before: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete') }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

describe('a stream of the embedded log', () => {
  const folder = temporaryFolder();
  let log: SqliteEventLog;

  beforeAll(async () => {
    log = await createSqliteEventLog({ file: folder.path('log.db'), clock: systemClock });
  });
  afterAll(async () => {
    await log.close();
    folder.remove();
  });

  async function append(stream: string, model: Model, expected: ExpectedRevision, events: readonly NewEvent[]) {
    const last = model.events.length - 1;
    const before = expected === 'no-stream' ? -1 : expected;
    const there = model.events.slice(before + 1, before + 1 + events.length);
    const repeated = before < last && there.length === events.length && there.every((e, i) => e.id === events[i]?.id);
    const anew = expected === 'no-stream' && model.deleted && events[0]?.id !== model.events[0]?.id;
    const result = await log.append(stream, expected, events);
    if (repeated) return expect(result).toMatchObject({ ok: true, revision: before + events.length });
    if (before !== last && !anew) {
      return expect(result).toEqual({
        ...{ ok: false, reason: 'wrong-expected-revision', actual: last < 0 ? 'no-stream' : last },
      });
    }
    expect(result).toMatchObject({ ok: true, revision: last + events.length });
    if (model.deleted) await revive(stream, model);
    model.events.push(...events);
  }

  /** Written again after it was deleted: what it held stays cut, its other metadata was lost by the deletion. */
  async function revive(stream: string, model: Model) {
    Object.assign(model, { deleted: false, first: model.events.length });
    const metadata = await log.readStreamMetadata(stream);
    expect(metadata).toMatchObject({ ok: true, metadata: { $tb: model.first } });
    if (metadata.ok) model.metadata = metadata.revision;
  }

  async function setMetadata(stream: string, model: Model, maxCount: number, first: number) {
    if (model.deleted) return;
    const metadata = { ...(maxCount === Infinity ? {} : { $maxCount: maxCount }), $tb: first };
    const result = await log.writeStreamMetadata(stream, model.metadata, metadata);
    expect(result).toMatchObject({ ok: true });
    if (result.ok) Object.assign(model, { maxCount, first, metadata: result.revision });
  }

  async function run(stream: string, model: Model, op: Operation) {
    const last = model.events.length - 1;
    const current = last < 0 ? 'no-stream' : last;
    switch (op.do) {
      case 'append':
        return append(stream, model, current, newEvents('count' in op ? op.count : 1));
      case 'begin':
        return append(stream, model, 'no-stream', newEvents(1));
      case 'conflict': {
        const off = 'off' in op ? op.off : 1;
        return append(stream, model, last + off < 0 ? 'no-stream' : last + off, newEvents(1));
      }
      case 'repeat': {
        if (!('from' in op) || last < 0) return;
        const from = op.from % (last + 1);
        const events = [...model.events.slice(from, from + op.count), ...newEvents(op.more)];
        return append(stream, model, from === 0 ? 'no-stream' : from - 1, events);
      }
      case 'limit':
        return setMetadata(stream, model, 'maxCount' in op ? op.maxCount : 1, model.first);
      case 'truncate':
        return setMetadata(stream, model, model.maxCount, 'before' in op ? op.before : 0);
      case 'delete': {
        expect(await log.deleteStream(stream, current)).toEqual({ ok: true });
        Object.assign(model, { deleted: true, maxCount: Infinity });
        const metadata = await log.readStreamMetadata(stream);
        if (metadata.ok) model.metadata = metadata.revision;
      }
    }
  }

  async function check(stream: string, model: Model) {
    const first = Math.max(model.first, model.events.length - model.maxCount, 0);
    const revisions = model.events.map((event, revision) => `${revision} ${event.id}`).slice(first);
    for (const direction of ['forwards', 'backwards'] as const) {
      const page = await log.readStream(stream, { direction, limit: 1_000 });
      if (model.deleted || model.events.length === 0) {
        expect(page).toEqual({ ok: false, reason: 'stream-not-found' });
        continue;
      }
      const expected = direction === 'forwards' ? revisions : revisions.toReversed();
      expect(page.ok && page.events.map((event) => `${event.revision} ${event.id}`)).toEqual(expected);
    }
  }

  it('is what its history says, whatever the history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 25 }), async (operations) => {
        const stream = freshName('model');
        const model: Model = { events: [], first: 0, maxCount: Infinity, deleted: false, metadata: 'no-stream' };
        for (const op of operations) {
          await run(stream, model, op);
          await check(stream, model);
        }
      }),
      { numRuns: 150 },
    );
  });
});
