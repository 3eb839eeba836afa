import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineExpectedRevision, type EngineNewEvent, tombstoneRevision } from '#adapters/sqlite/engine.ts';
import { createSqliteEventLog, type SqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function event(more: Partial<EngineNewEvent> = {}): EngineNewEvent {
  const empty = { contentType: 'application/octet-stream', data: bytes(''), metadata: bytes('') } as const;
  return { id: randomUUID(), type: 'Tested', ...empty, ...more };
}

describe('the engine of the embedded log', () => {
  const folder = temporaryFolder();
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  let log: SqliteEventLog;

  beforeAll(async () => {
    log = await createSqliteEventLog({ file: folder.path('log.db'), clock });
  });
  afterAll(async () => {
    await log.close();
    folder.remove();
  });

  async function append(stream: string, expected: EngineExpectedRevision, events: EngineNewEvent[]) {
    const result = await log.engine.append(stream, expected, events);
    if (!result.ok) throw new Error(JSON.stringify(result));
    return result;
  }

  async function read(stream: string) {
    const result = await log.engine.readStream(stream, { direction: 'forwards', limit: 100 });
    return result.ok ? result.events : result.reason;
  }

  it('keeps bytes, content type and time as they were', async () => {
    const raw = event({ data: new Uint8Array([0, 255, 128, 10]), metadata: bytes('{"a":1}') });
    const json = event({ contentType: 'application/json', data: bytes('{ "b" : 1.0 }') });
    const { position } = await append('bytes', 'any', [raw, json]);
    const stored = await read('bytes');
    const common = { stream: 'bytes', created: clock.now() };
    expect(stored).toEqual([
      { ...raw, ...common, revision: 0, position: (position ?? 0n) - 1n },
      { ...json, ...common, revision: 1, position },
    ]);
  });

  it('stores ids in lower case', async () => {
    const given = event();
    await append('case', 'any', [{ ...given, id: given.id.toUpperCase() }]);
    expect(await read('case')).toMatchObject([{ id: given.id }]);
  });

  it('recognises a repeat with any by the ids written last, in the same group or later', async () => {
    const batch = [event(), event()];
    const both = await Promise.all([append('any', 'any', batch), append('any', 'any', batch)]);
    expect(both[1]).toEqual(both[0]);
    expect(await append('any', 'stream-exists', batch)).toEqual(both[0]);
    expect((await append('any', 'any', [event()])).revision).toBe(2);
    expect(await log.engine.append('any', 'any', [...batch, event()])).toEqual({
      ...{ ok: false, reason: 'wrong-expected-revision', actual: 2 },
    });
  });

  it('does not take an append that was refused for one that was written', async () => {
    const batch = [event()];
    expect(await log.engine.append('refused', 5, batch)).toMatchObject({ ok: false });
    expect((await append('refused', 'any', batch)).revision).toBe(0);
  });

  it('demands a stream that exists when it is asked to', async () => {
    const none = { ok: false, reason: 'wrong-expected-revision', actual: 'no-stream' };
    expect(await log.engine.append('exists', 'stream-exists', [event()])).toEqual(none);
    await append('exists', 'no-stream', [event()]);
    expect((await append('exists', 'stream-exists', [event()])).revision).toBe(1);
  });

  it('answers an empty batch with the revision that the stream has', async () => {
    expect(await append('empty', 'no-stream', [])).toEqual({ ok: true, revision: -1, position: undefined });
    await append('empty', 'any', [event()]);
    expect(await append('empty', 'any', [])).toEqual({ ok: true, revision: 0, position: undefined });
  });

  it('counts data alone towards the limit of an append', async () => {
    const half = { data: new Uint8Array(524_288), metadata: new Uint8Array(200_000) };
    expect(await log.engine.append('limit', 'any', [event(half), event(half)])).toMatchObject({ ok: true });
    const more = [event(half), event({ data: new Uint8Array(524_289) })];
    expect(await log.engine.append('limit', 'any', more)).toEqual({ ok: false, reason: 'too-large', limit: 1_048_576 });
  });

  it('reads the whole log both ways, system streams included, from the position given', async () => {
    const { position: first } = await append('all', 'no-stream', [event()]);
    await append('$$all', 'no-stream', [event({ type: '$metadata', data: bytes('{"$maxCount":9}') })]);
    const { position: last } = await append('all', 0, [event()]);
    const forwards = await log.engine.readAll({ direction: 'forwards', from: first ?? 0n, limit: 10 });
    const backwards = await log.engine.readAll({ direction: 'backwards', limit: 3 });
    const streams = ['all', '$$all', 'all'];
    expect(forwards.ok && forwards.events.map((one) => one.stream)).toEqual(streams);
    expect(backwards.ok && backwards.events.map((one) => one.stream)).toEqual(streams.toReversed());
    expect(await log.engine.lastPosition()).toEqual({ ok: true, position: last });
  });

  it('shows the last metadata alone in the stream of metadata', async () => {
    for (const n of [1, 2, 3]) await append('$$shown', 'any', [event({ data: bytes(`{"n":${n}}`) })]);
    expect(await read('$$shown')).toMatchObject([{ revision: 2 }]);
  });

  it('cuts by age with the clock that it was given', async () => {
    await append('age', 'any', [event(), event()]);
    await append('$$age', 'any', [event({ type: '$metadata', data: bytes('{"$maxAge":60}') })]);
    clock.advance(50_000);
    await append('age', 'any', [event()]);
    clock.advance(11_000);
    expect(await read('age')).toMatchObject([{ revision: 2 }]);
    clock.advance(60_000);
    expect(await read('age')).toEqual([]);
  });

  it('keeps other metadata when a deleted stream is written again, and keeps cut what was deleted', async () => {
    await append('revived', 'any', [event(), event()]);
    await log.engine.softDelete('revived', 'any');
    await append('$$revived', 'any', [event({ type: '$metadata', data: bytes('{"$maxCount":50,"own":1}') })]);
    expect(await read('revived')).toEqual([]);
    expect((await append('revived', 1, [event()])).revision).toBe(2);
    expect(await read('revived')).toMatchObject([{ revision: 2 }]);
    expect(await log.readStreamMetadata('revived')).toMatchObject({ metadata: { $tb: 2, $maxCount: 50, own: 1 } });
  });

  it('marks a tombstone in the log and tells the state of streams', async () => {
    await append('state', 'no-stream', [event()]);
    const state = async (name: string) => {
      const answer = await log.engine.streamState(name);
      return answer.ok ? [answer.state.state, answer.state.revision] : answer.reason;
    };
    expect(await state('state-missing')).toEqual(['missing', -1]);
    expect(await state('state')).toEqual(['live', 0]);
    await log.engine.softDelete('state', 0);
    expect(await state('state')).toEqual(['soft-deleted', 0]);
    const { position } = (await log.engine.tombstone('state', 'any')) as { position: bigint };
    expect(await state('state')).toEqual(['tombstoned', 0]);
    const marks = await log.engine.readAll({ direction: 'forwards', from: position, limit: 1 });
    expect(marks.ok && marks.events).toMatchObject([{ type: '$streamDeleted', revision: tombstoneRevision }]);
    expect(await read('state')).toBe('stream-deleted');
    expect(await log.engine.append('$$state', 'any', [event()])).toEqual({ ok: false, reason: 'stream-deleted' });
  });

  it('tells listeners of appends until they leave', async () => {
    const told = Promise.withResolvers<void>();
    const leave = log.engine.onAppended(told.resolve);
    await append('told', 'any', [event()]);
    await told.promise;
    leave();
  });

  it('hands out what is no JSON object to readers of the port without failing', async () => {
    await append('foreign', 'any', [event({ data: bytes('[1]'), metadata: new Uint8Array([255]) }), event()]);
    const page = await log.readStream('foreign', { direction: 'forwards', limit: 5 });
    expect(page.ok && page.events.map((one) => [one.data, one.metadata])).toEqual([
      [{ $base64: 'WzFd' }, { $base64: '/w==' }],
      [{}, {}],
    ]);
  });

  it('leaves the event loop free while it waits for its file', async () => {
    const other = new DatabaseSync(folder.path('log.db'));
    other.exec('BEGIN IMMEDIATE');
    let appended = false;
    const appending = append('held-up', 'no-stream', [event()]).then(() => {
      appended = true;
    });
    for (let turn = 0; turn < 1_000; turn++) await immediate();
    expect(appended).toBe(false);
    other.exec('COMMIT');
    other.close();
    await appending;
    expect(await read('held-up')).toHaveLength(1);
  });
});
