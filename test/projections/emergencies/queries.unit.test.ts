import { expect, test } from 'vitest';
import { emergencyStream } from '#domain/names.ts';
import { emergenciesProjection } from '#projections/emergencies/projection.ts';
import { createEmergencyQueries } from '#projections/emergencies/queries.ts';
import { act, createRecorder } from '#test/projections/recorded.ts';
import { memoryStore, take } from '#test/projections/stores.ts';
import { at, reported, sealed } from '#test/support/calls.ts';

async function setUp() {
  const store = await memoryStore(emergenciesProjection);
  const queries = createEmergencyQueries(
    async () => store,
    () => () => undefined,
  );
  const record = createRecorder();
  const say = async (id: string, ...events: Parameters<typeof record>[1][]) => {
    const recorded = events.map((event) => record(emergencyStream(id), event));
    await take(emergenciesProjection, store, recorded);
    return recorded;
  };
  return { queries, say };
}

const ids = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

test('an emergency is shown with what its notice said, sealed values as they are', async () => {
  const { queries, say } = await setUp();
  const noticeId = 'n';
  const caller = { name: sealed('n#/data/call/caller/name'), upn: sealed('n#/data/call/caller/upn') };
  const location = { street: sealed('n#/data/call/location/street') };
  const call = reported({ call: 'one', receivedAt: at(2), noticeId, caller, location });
  const [raised] = await say('one', act.raised(call));
  expect(await queries.get('one')).toEqual({
    ...{ id: 'one', state: 'unacknowledged', verified: true, confidence: 'high', reasons: ['emergency-event'] },
    ...{ test: false, caller, dialledNumber: '911', location, policy: 'EmergencyPolicy' },
    ...{ feeds: ['events'], occurredAt: at(0), receivedAt: at(2), callEventType: 'callStarted', revision: 0 },
    raisedAt: new Date(raised?.created ?? 0).toISOString(),
  });
  expect(await queries.get('two')).toBeUndefined();
});

test('a sealed value that somebody moved to another field, call or act is kept as one that cannot be opened', async () => {
  const { queries, say } = await setUp();
  const street = sealed('n#/data/call/location/street');
  const caller = { name: sealed('another#/data/call/caller/name'), upn: street };
  const by = sealed('another#/by');
  await say(
    'one',
    act.raised(reported({ noticeId: 'n', caller, location: { street, latitude: sealed('x#/latitude', 'number') } })),
    { ...act.acknowledged(), data: { ...act.acknowledged().data, by: { ...by } } },
  );
  const closed = { $sealed: 1, key: 'key-1', of: '', as: 'string', box: '' };
  expect(await queries.get('one')).toMatchObject({
    caller: { name: closed, upn: closed },
    location: { street },
    acknowledged: { by: closed },
  });
});

test('an emergency is shown without what is of no known shape in its notices', async () => {
  const { queries, say } = await setUp();
  const broken = { caller: null as never, location: 'here' as never };
  await say('one', act.raised(reported(broken)), act.enriched(reported({ ...broken, policy: 'Another' })));
  expect(await queries.get('one')).toMatchObject({ id: 'one', policy: 'Another', revision: 1 });
  expect(await queries.get('one')).not.toHaveProperty('caller');
});

test('acts of people are shown, their tokens are not', async () => {
  const { queries, say } = await setUp();
  await say('one', act.raised(reported({ call: 'one' })), act.acknowledged(), act.linked('two'), act.resolved());
  const document = await queries.get('one');
  expect(document).toMatchObject({
    ...{ state: 'resolved', revision: 3, links: [{ to: 'two', why: 'redial' }] },
    acknowledged: { at: '2026-11-21T14:06:00.000Z', from: 'desk' },
    resolved: { at: '2026-11-21T14:09:00.000Z', from: 'cli', disposition: 'misdial' },
  });
  expect(JSON.stringify(document)).not.toContain('ben');
});

test('an event of a kind that is not known moves the revision and changes nothing else', async () => {
  const { queries, say } = await setUp();
  await say('one', act.raised(reported({ call: 'one' })));
  const before = await queries.get('one');
  await say('one', { type: 'ResponderPaged', data: { odd: true } }, { type: 'EmergencyAcknowledged', data: {} });
  expect(await queries.get('one')).toEqual({ ...before, revision: 2 });
});

test('what was never raised is no emergency', async () => {
  const { queries, say } = await setUp();
  await say('one', act.linked('two'), { type: 'EmergencyRaised', data: { call: 'broken' } });
  expect(await queries.get('one')).toBeUndefined();
  expect(await queries.changesAfter('', 10)).toEqual([]);
});

test('pages go from the newest to the oldest and repeat and leave out nothing', async () => {
  const { queries, say } = await setUp();
  for (let i = 0; i < 7; i++) await say(`e${i}`, act.raised(reported({ call: `${i}` })));
  const first = await queries.list({ limit: 3 });
  if (!first.ok) throw new Error(first.reason);
  expect(ids(first.items)).toEqual(['e6', 'e5', 'e4']);
  // One that comes meanwhile belongs on no later page.
  await say('late', act.raised(reported({ call: 'late' })));
  const second = await queries.list({ limit: 3, cursor: first.next ?? '' });
  if (!second.ok) throw new Error(second.reason);
  expect(ids(second.items)).toEqual(['e3', 'e2', 'e1']);
  const third = await queries.list({ limit: 3, cursor: second.next ?? '' });
  expect(third).toMatchObject({ ok: true, items: [{ id: 'e0' }] });
  expect(third).not.toHaveProperty('next');
});

test('a cursor that was never handed out is refused', async () => {
  const { queries, say } = await setUp();
  await say('one', act.raised(reported({ call: 'one' })));
  for (const cursor of ['', 'x', '99', '00000000000000000009', "' OR 1"])
    expect(await queries.list({ limit: 3, cursor })).toEqual({ ok: false, reason: 'unknown-cursor' });
});

test('lists are filtered by state, test and the time they were raised', async () => {
  const { queries, say } = await setUp();
  await say('open', act.raised(reported({ call: 'a' })));
  await say('taken', act.raised(reported({ call: 'b' })), act.acknowledged());
  await say('drill', act.raised(reported({ call: 'c', test: true })), act.resolved());
  const list = async (query: object) => {
    const page = await queries.list({ limit: 10, ...query });
    return page.ok ? ids(page.items) : page.reason;
  };
  expect(await list({ state: 'acknowledged' })).toEqual(['taken']);
  expect(await list({ test: true })).toEqual(['drill']);
  expect(await list({ test: false })).toEqual(['taken', 'open']);
  const raisedAt = Date.parse((await queries.get('taken'))?.raisedAt ?? '');
  expect(await list({ since: raisedAt })).toEqual(['drill', 'taken']);
  expect(await list({ until: raisedAt })).toEqual(['open']);
  expect(await queries.countsSince(0)).toEqual({ unacknowledged: 1, acknowledged: 1, resolved: 0, test: 1 });
  expect(await queries.countsSince(raisedAt)).toEqual({ unacknowledged: 0, acknowledged: 1, resolved: 0, test: 1 });
});

test('open ones come with their last change, the longest untouched first', async () => {
  const { queries, say } = await setUp();
  expect(await queries.open()).toEqual({ changes: [], position: '' });
  await say('a', act.raised(reported({ call: 'a' })));
  const [second] = await say('b', act.raised(reported({ call: 'b' })));
  const [third] = await say('a', act.acknowledged());
  const [last] = await say('c', act.raised(reported({ call: 'c' }))).then(() => say('c', act.resolved()));
  const { changes, position } = await queries.open();
  expect(changes.map((change) => [change.document.id, change.position])).toEqual([
    ['b', second?.position],
    ['a', third?.position],
  ]);
  expect(position).toBe(last?.position);
});

test('changes are told one for each event, as it was after that event, from exactly where one was', async () => {
  const { queries, say } = await setUp();
  const events = await say('a', act.raised(reported({ call: 'a' })), act.acknowledged(), act.resolved());
  const all = await queries.changesAfter('', 10);
  expect(all.map(({ position }) => position)).toEqual(events.map(({ position }) => position));
  expect(all.map(({ document }) => document.state)).toEqual(['unacknowledged', 'acknowledged', 'resolved']);
  expect(await queries.changesAfter('', 2)).toEqual(all.slice(0, 2));
  expect(await queries.changesAfter(events[1]?.position ?? '', 10)).toEqual(all.slice(2));
  expect(await queries.changesAfter(events[2]?.position ?? '', 10)).toEqual([]);
});

test('the board is shown as it was', async () => {
  const { queries, say } = await setUp();
  const [first] = await say('a', act.raised(reported({ call: 'a' })));
  const [second] = await say('b', act.raised(reported({ call: 'b' })));
  await say('a', act.resolved());
  expect(await queries.at((first?.created ?? 0) - 1)).toEqual([]);
  expect(ids(await queries.at(first?.created ?? 0))).toEqual(['a']);
  const then = await queries.at(second?.created ?? 0);
  expect(then.map(({ id, state }) => [id, state])).toEqual([
    ['b', 'unacknowledged'],
    ['a', 'unacknowledged'],
  ]);
});
