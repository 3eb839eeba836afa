import { expect, test } from 'vitest';
import { auditProjection } from '#projections/audit/projection.ts';
import { type AuditQuery, createAuditQueries } from '#projections/audit/queries.ts';
import { callStory, createRecorder } from '#test/projections/recorded.ts';
import { memoryStore, take } from '#test/projections/stores.ts';
import { inboxEvent, noon } from '#test/support/calls.ts';

async function setUp() {
  const store = await memoryStore(auditProjection);
  const record = createRecorder();
  const [a, b] = [callStory(record, 'a'), callStory(record, 'b')];
  const chatter = Array.from({ length: 5 }, () => record('inbox-hub-1', inboxEvent()));
  const events = [...a, ...b, ...chatter];
  await take(auditProjection, store, events);
  const queries = createAuditQueries(async () => store);
  const positions = async (query: Partial<AuditQuery> = {}) => {
    const found = await Array.fromAsync(queries.page({ order: 'oldest', limit: 1000, ...query }));
    return found.map(({ position }) => position);
  };
  return { store, queries, positions, events, a, b, chatter, record };
}

const at = (events: readonly { readonly position: string }[]) => events.map(({ position }) => position);

test('every event is on record as it is stored', async () => {
  const { queries, events } = await setUp();
  const found = await Array.fromAsync(queries.page({ order: 'oldest', limit: 1000 }));
  expect(found).toEqual(
    events.map(({ created, ...event }) => ({
      ...event,
      recordedAt: event.metadata['recordedAt'] ?? new Date(created).toISOString(),
    })),
  );
});

test('pages go on behind or before a position', async () => {
  const { positions, events } = await setUp();
  const all = at(events);
  expect(await positions({ limit: 4 })).toEqual(all.slice(0, 4));
  expect(await positions({ limit: 4, after: all[3] ?? '' })).toEqual(all.slice(4, 8));
  expect(await positions({ order: 'newest', limit: 4 })).toEqual(all.toReversed().slice(0, 4));
  expect(await positions({ order: 'newest', limit: 99, after: all[3] ?? '' })).toEqual(all.slice(0, 3).toReversed());
});

test('a page that is longer than what is fetched at a time has neither holes nor repetitions', async () => {
  const { store, positions, record } = await setUp();
  const more = Array.from({ length: 450 }, () => record('inbox-hub-2', inboxEvent()));
  await take(auditProjection, store, more);
  expect(await positions({ stream: 'inbox-hub-2', limit: 333 })).toEqual(at(more).slice(0, 333));
});

test('the record is filtered by stream, type, feed, emergency and caller', async () => {
  const { positions, events, a, b, chatter } = await setUp();
  expect(await positions({ stream: 'inbox-hub-1' })).toEqual(at(chatter));
  expect(await positions({ type: 'EmergencyRaised' })).toEqual(at([a[1], b[1]].flatMap((event) => event ?? [])));
  expect(await positions({ feed: 'chat' })).toEqual(at(chatter));
  expect(await positions({ feed: 'events' })).toEqual(
    at(events.filter(({ data }) => /"call"/.test(JSON.stringify(data)))),
  );
  const id = a[1]?.stream.slice('emergency-'.length) ?? '';
  expect(await positions({ emergency: id })).toEqual(at(a));
  expect(await positions({ callerToken: 'token-ana' })).toEqual(at([...a.slice(0, 2), ...b.slice(0, 2)]));
  expect(await positions({ callerToken: 'token-ana', emergency: id, type: 'EmergencyRaised' })).toEqual(at([a[1]!]));
  expect(await positions({ callerToken: 'nobody' })).toEqual([]);
});

test('times find what was recorded from one to before the other, across hours and out of order', async () => {
  const { store, positions, record } = await setUp();
  const hour = 3_600_000;
  const times = [5, 3, 4, 9, 4, 7].map((hours) => noon + hours * hour);
  const events = times.map((time) =>
    record('watch-chat', { type: 'Seen', data: {}, metadata: { recordedAt: new Date(time).toISOString() } }),
  );
  await take(auditProjection, store, events);
  const between = (since: number, until: number) => events.filter((_, i) => times[i]! >= since && times[i]! < until);
  for (const [from, to] of [
    [3, 5],
    [4, 4.5],
    [0.5, 100],
    [8, 9],
    [9, 10],
    [6, 6.5],
  ] as const) {
    const [since, until] = [noon + from * hour, noon + to * hour];
    expect(await positions({ stream: 'watch-chat', since, until })).toEqual(at(between(since, until)));
  }
});

test('an event without a time of its own is recorded when the log wrote it', async () => {
  const { store, queries, record } = await setUp();
  const events = [{}, { recordedAt: 'soon' }].map((metadata) => record('odd', { type: 'Odd', data: {}, metadata }));
  await take(auditProjection, store, events);
  for (const event of events)
    expect((await queries.get(event.position))?.record.recordedAt).toBe(new Date(event.created).toISOString());
});

test('an event is found by its id or position, with what led to it and what it led to', async () => {
  const { queries, a } = await setUp();
  const [notice, raised] = a;
  const found = await queries.get(raised?.id ?? '');
  expect(found?.record.position).toBe(raised?.position);
  expect(found?.causes.map(({ id }) => id)).toEqual([notice?.id]);
  expect((await queries.get(notice?.position ?? ''))?.effects.map(({ id }) => id)).toEqual([raised?.id]);
  expect(await queries.get('nothing')).toBeUndefined();
});

test('causes that go round in a circle end', async () => {
  const { store, queries, record } = await setUp();
  const ids = ['11111111-0000-4000-8000-000000000001', '11111111-0000-4000-8000-000000000002'] as const;
  const events = ids.map((id, i) =>
    record('odd', { id, type: 'Odd', data: {}, metadata: { $causationId: ids[1 - i]! } }),
  );
  await take(auditProjection, store, events);
  expect((await queries.get(ids[0]))?.causes.map(({ id }) => id)).toEqual([ids[1]]);
});

test('counts divide what a filter finds, most first', async () => {
  const { queries, a } = await setUp();
  const all = await queries.counts({});
  expect(all.total).toBe(13);
  expect(all.byType[0]).toEqual({ name: 'Microsoft.Graph.ChatMessageCreated', count: 5 });
  expect(all.byStream[0]).toEqual({ name: 'inbox-hub-1', count: 5 });
  expect(await queries.counts({ stream: a[1]?.stream ?? '' })).toMatchObject({ total: 3 });
  expect(await queries.counts({ feed: 'chat', type: 'tocsin.gap' })).toEqual({ total: 0, byType: [], byStream: [] });
});

test('the story of an emergency begins with the notice behind it', async () => {
  const { queries, a } = await setUp();
  const story = await queries.story(a[1]?.stream.slice('emergency-'.length) ?? '');
  expect(story.map(({ type }) => type)).toEqual([
    ...['Microsoft.Graph.EmergencyCallEvent', 'EmergencyRaised', 'EmergencyAcknowledged', 'EmergencyResolved'],
  ]);
  expect(await queries.story('none')).toEqual([]);
});
