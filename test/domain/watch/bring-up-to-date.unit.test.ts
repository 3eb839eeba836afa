import { expect, it } from 'vitest';
import { bringUpToDate, type OnRecord } from '#domain/watch/bring-up-to-date.ts';
import { type HubFacts, judgeWatch } from '#domain/watch/judge.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => start + seconds * 1000;

/** What goes on record at that second of a feed whose subscription was renewed a minute after the start. */
function said(before: OnRecord, seconds: number, hub: HubFacts): readonly unknown[] {
  const now = at(seconds);
  const subscription = { state: 'live', at: at(60), expiresAt: at(7200), deliversUntil: at(3600) } as const;
  const look = { now, verdict: judgeWatch({ now, hub, subscription }), readSince: at(-600) };
  return bringUpToDate(before, look, [], undefined).map(({ type, data }) => [
    type,
    (Date.parse(data.at) - start) / 1000,
  ]);
}
const watched = (provedAt: number): OnRecord => ({ watching: true, since: at(-600), provedAt });
const silent = { ok: false, cause: 'hub-unreachable', provedAt: at(46) } as const;

it('calls nothing watched that only a renewed subscription speaks for: the hub was not heard since', () => {
  expect(said(watched(at(0)), 60.5, { ok: true, provedAt: at(46) })).toEqual([]);
  expect(said(watched(at(-20)), 60.5, { ok: true, provedAt: at(46) })).toEqual([['WatchProved', 46]]);
  expect(said(watched(at(46)), 62, silent)).toEqual([['WatchClosed', 46]]);
});

it('calls it watched again no sooner than its subscription lives, whenever the hub was heard', () => {
  const unwatched = { watching: false, since: at(10), provedAt: at(10) };
  expect(said(unwatched, 60.5, { ok: true, provedAt: at(46) })).toEqual([['WatchOpened', 60]]);
  expect(said(unwatched, 70, { ok: true, provedAt: at(69) })).toEqual([['WatchOpened', 69]]);
});
