import { expect, test } from 'vitest';
import type { Json } from '#kernel/json.ts';
import { healthProjection } from '#projections/health/projection.ts';
import { createHealthQueries } from '#projections/health/queries.ts';
import { createRecorder } from '#test/projections/recorded.ts';
import { memoryStore, take } from '#test/projections/stores.ts';
import { at, callReport, inboxEvent } from '#test/support/calls.ts';

async function setUp() {
  const store = await memoryStore(healthProjection);
  const record = createRecorder();
  const queries = createHealthQueries(async () => store);
  const say = async (stream: string, ...events: Parameters<typeof record>[1][]) => {
    const recorded = events.map((event) => record(stream, event));
    await take(healthProjection, store, recorded);
    return recorded;
  };
  return { queries, say };
}

const typed = (type: string, attributes: object = {}) => {
  const event = inboxEvent();
  return { ...event, type, data: { ...event.data, type, data: { kind: 'other' }, ...attributes } };
};

test('a feed is known by its notices and the latest of them', async () => {
  const { queries, say } = await setUp();
  expect(await queries.feeds()).toEqual([]);
  await say(
    'inbox-hub-0',
    inboxEvent(callReport(), { enqueuedAt: at(30) }),
    inboxEvent(undefined, { enqueuedAt: at(50) }),
  );
  await say('inbox-hub-1', inboxEvent(undefined, { enqueuedAt: at(40) }), typed('tocsin.probe'));
  expect(await queries.feeds()).toEqual([
    { feed: 'chat', lastNoticeAt: Date.parse(at(50)), notices: 2 },
    { feed: 'events', lastNoticeAt: Date.parse(at(30)), notices: 1 },
  ]);
});

test('a partition is known by its last position; a gap says nothing of when messages came', async () => {
  const { queries, say } = await setUp();
  const [first] = await say('inbox-hub-0', inboxEvent(undefined, { enqueuedAt: at(20) }));
  const gap = typed('tocsin.gap');
  await say('inbox-hub-0', { ...gap, metadata: { ...gap.metadata, sequenceNumber: 7, enqueuedAt: at(90) } });
  expect(await queries.partitions()).toEqual([
    {
      ...{ stream: 'inbox-hub-0', lastSequenceNumber: 7, lastEnqueuedAt: Date.parse(at(20)), events: 2 },
      lastRecordedAt: Math.max(
        ...[first?.metadata['recordedAt'], gap.metadata['recordedAt']].map((x) => Date.parse(String(x))),
      ),
    },
  ]);
});

test('what could not be read is counted, whatever came with it', async () => {
  const { queries, say } = await setUp();
  await say(
    'inbox-hub-0',
    ...['undecodable', 'undecodable', 'gap', 'probe', 'suspicious'].map((name) => typed(`tocsin.${name}`)),
    typed('Microsoft.Graph.SubscriptionMissed'),
    { type: 'tocsin.undecryptable', data: { data: 'odd' }, metadata: { sequenceNumber: 1.5, enqueuedAt: 'never' } },
  );
  expect(await queries.counters()).toMatchObject({
    ...{ undecodable: 2, undecryptable: 1, suspicious: 1, unrecognised: 0, gaps: 1, probes: 1 },
    lifecycle: { reauthorizationRequired: 0, subscriptionRemoved: 0, missed: 1 },
    byType: { 'tocsin.undecodable': 2 },
  });
});

test('what was only named waits until it was fetched', async () => {
  const { queries, say } = await setUp();
  const referred = [at(5), at(3)].map((enqueuedAt) => {
    const event = inboxEvent(undefined, { enqueuedAt });
    return { ...event, data: { ...event.data, tocsincontent: 'referred' } };
  });
  await say('inbox-hub-0', ...referred);
  expect(await queries.referred()).toEqual({ waiting: 2, oldestAt: Date.parse(at(3)) });
  await say('inbox-hub-1', typed('x', { tocsinrecovered: true, id: referred[1]?.id }));
  expect(await queries.referred()).toEqual({ waiting: 1, oldestAt: Date.parse(at(5)) });
  await say('inbox-hub-1', typed('x', { tocsinrecovered: true, id: referred[0]?.id }));
  expect(await queries.referred()).toEqual({ waiting: 0 });
});

test('what was given up waits no more, in whichever batch that is said', async () => {
  const { queries, say } = await setUp();
  const referred = [at(5), at(3), at(4)].map((enqueuedAt) => {
    const event = inboxEvent(undefined, { enqueuedAt });
    return { ...event, data: { ...event.data, tocsincontent: 'referred' } };
  });
  const givenUp = (gone: Json) => ({ type: 'ResolveAdvanced', data: { by: 'a', gone }, metadata: {} });
  await say('inbox-hub-0', ...referred);
  await say('resolve', givenUp([{ stream: 'inbox-hub-0', revisions: [1, 7] }]));
  expect(await queries.referred()).toEqual({ waiting: 2, oldestAt: Date.parse(at(4)) });
  await say(
    'resolve',
    givenUp('odd'),
    givenUp([null, { stream: 'inbox-hub-1', revisions: [0] }, { stream: 'inbox-hub-0' }]),
  );
  expect(await queries.referred()).toEqual({ waiting: 2, oldestAt: Date.parse(at(4)) });
  // The same notice came again: its later place is still looked for.
  await say('inbox-hub-1', ...referred.slice(2));
  await say('resolve', givenUp([{ stream: 'inbox-hub-0', revisions: [2] }]));
  expect(await queries.referred()).toEqual({ waiting: 2, oldestAt: Date.parse(at(4)) });
  await say(
    'resolve',
    givenUp([
      { stream: 'inbox-hub-0', revisions: [0] },
      { stream: 'inbox-hub-1', revisions: [0] },
    ]),
  );
  expect(await queries.referred()).toEqual({ waiting: 0 });
  expect(await queries.counters()).toMatchObject({
    each: [expect.objectContaining({ events: 3 }), expect.objectContaining({ events: 1 })],
  });
});
