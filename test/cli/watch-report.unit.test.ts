import { expect, it } from 'vitest';
import { createSubscribing } from '#cli/roles/subscribing.ts';
import { subscribingRows } from '#cli/roles/subscribing-rows.ts';
import type { SubscriptionRecord, WatchQueries, WatchSpan } from '#projections/watch/queries.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const now = Date.parse('2026-11-21T14:00:00.000Z');
const minutes = (count: number) => count * 60_000;
const hourAgo = now - minutes(60);

const watched = (provedAt: number, policy?: string): WatchSpan => ({
  ...{ feed: policy === undefined ? 'chat' : 'events', watching: true, from: now - minutes(600), provedAt },
  ...(policy === undefined ? {} : { policy }),
});
const subscription = (state: string, policy?: string): SubscriptionRecord => ({
  ...{ id: policy ?? 'chat', feed: policy === undefined ? 'chat' : 'events', state, since: 0 },
  ...(policy === undefined ? {} : { policy }),
});

async function reportOf(spans: WatchSpan[], subscriptions: SubscriptionRecord[]) {
  const queries: WatchQueries = {
    credentials: () => Promise.resolve([]),
    subscriptions: () => Promise.resolve(subscriptions),
    current: () => Promise.resolve(spans),
    spans: () => Promise.resolve(spans),
  };
  const subscribing = createSubscribing({ queries: () => queries, acts: undefined, clock: createHurriedClock(now) });
  const { feeds } = await subscribing.watch(hourAgo, now);
  return { feeds, rows: subscribingRows([], await subscribing.subscriptions(), spans, now) };
}

it('takes a feed that was proved a minute ago for watched until now', async () => {
  const { feeds, rows } = await reportOf([watched(now - minutes(1))], [subscription('ok')]);
  expect(feeds).toMatchObject([{ watching: true, watchedSeconds: 3600, gapSeconds: 0, unknownSeconds: 0 }]);
  expect(rows.find(({ kind }) => kind === 'watch')).toMatchObject({ state: 'ok' });
});

it('calls nothing watched that nobody proved since: not while Tocsin is stopped, and not afterwards', async () => {
  const { feeds, rows } = await reportOf([watched(now - minutes(20))], [subscription('ok')]);
  expect(feeds).toMatchObject([{ watching: false, watchedSeconds: 2400, gapSeconds: 0, unknownSeconds: 1200 }]);
  expect(feeds[0]?.spans).toMatchObject([{ watching: true, to: '2026-11-21T13:40:00.000Z', open: false }]);
  expect(rows.find(({ kind }) => kind === 'watch')).toMatchObject({
    ...{ state: 'trouble', word: 'nothing proves any more that it is watched' },
    next: expect.stringContaining('worker'),
  });
});

it('names a feed that was not proved in all the time asked about', async () => {
  const { feeds } = await reportOf([watched(now - minutes(90))], [subscription('ok')]);
  expect(feeds).toMatchObject([
    { feed: 'chat', watching: false, watchedSeconds: 0, gapSeconds: 0, unknownSeconds: 3600, spans: [] },
  ]);
});

it('ends the record of a policy that the settings do not name any more with its last proof, and makes no trouble of it', async () => {
  const spans = [watched(now - minutes(1)), watched(now - minutes(30), 'Old plant'), watched(hourAgo - 1, 'Older')];
  const removed = [subscription('ok'), subscription('removed', 'Old plant'), subscription('removed', 'Older')];
  const { feeds, rows } = await reportOf(spans, removed);
  expect(feeds.map(({ policy, left }) => ({ policy, left }))).toEqual([
    { policy: undefined, left: undefined },
    { policy: 'Old plant', left: true },
  ]);
  expect(feeds[1]).toMatchObject({ watching: false, watchedSeconds: 1800, gapSeconds: 0, unknownSeconds: 0 });
  expect(rows.filter(({ kind }) => kind === 'watch').map(({ name }) => name)).toEqual(['chat']);
});
