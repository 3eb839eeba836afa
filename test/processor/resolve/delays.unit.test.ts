import { expect, it } from 'vitest';
import { eventMetadata } from '#domain/metadata.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { createDelays, type Loss } from '#processor/resolve/delays.ts';
import type { Fetch } from '#processor/resolve/waiting-list.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const unverifiedAfterMs = 60_000;
const moment = Date.parse('2026-03-01T10:00:00Z');

function setting() {
  const clock = createManualClock(moment);
  const waiting: Fetch[] = [];
  const losses: Loss[] = [];
  const notice = (n: number): Fetch => ({
    event: {
      ...{
        id: `00000000-0000-5000-8000-00000000000${n}`,
        type: 'chat',
        stream: 'inbox-0',
        revision: n,
        position: `${n}`,
      },
      ...{ created: clock.now(), data: { id: `notice-${n}`, tocsinenqueued: new Date(clock.now()).toISOString() } },
      metadata: {},
    } as unknown as RecordedEvent,
    ...{ source: { kind: 'message' }, attempts: 1, knownAt: clock.monotonic() },
  });
  const log = createMemoryEventLog(() => clock.now());
  const delays = createDelays({
    ...{ clock, log, unverifiedAfterMs, isAway: () => true },
    list: { all: () => waiting },
    losses: () => losses,
    metadata: (causation: string, correlation: string) =>
      eventMetadata({ role: 'resolve', build: 'test' }, clock.now(), correlation, causation),
    ids: { fraction: () => 0.5 },
    onRetry: () => undefined,
  } as unknown as Parameters<typeof createDelays>[0]);
  const arrive = (n: number) => void waiting.push(notice(n));
  const lose = (id: string, count: number, since: string) => void losses.push({ id, cause: `of ${id}`, since, count });
  return { clock, log, delays, arrive, lose, losses };
}

it('looks again when there is something to put on record, and not all the time until then', async () => {
  const { clock, delays, arrive } = setting();
  const { signal } = new AbortController();
  expect(delays.dueIn()).toBeUndefined();
  for (const n of [1, 2, 3]) arrive(n);
  expect(delays.dueIn()).toBe(unverifiedAfterMs);
  clock.advance(unverifiedAfterMs);
  expect(delays.dueIn()).toBe(0);
  expect(await delays.check(signal)).toBe(true);

  arrive(4);
  clock.advance(unverifiedAfterMs);
  expect(await delays.check(signal)).toBe(false);
  expect(delays.dueIn()).toBe(300_000 - unverifiedAfterMs);
  for (const n of [5, 6]) arrive(n);
  expect(delays.dueIn()).toBe(unverifiedAfterMs);
  clock.advance(unverifiedAfterMs);
  expect(delays.dueIn()).toBe(0);
  expect(await delays.check(signal)).toBe(true);
  expect(delays.dueIn()).toBeUndefined();
});

it('puts the alarm on record also where the log refuses the names of the notices', async () => {
  const { clock, log, delays, arrive } = setting();
  log.faults = (_, events) =>
    JSON.stringify(events).includes('notice-1') ? { ok: false, reason: 'invalid', detail: 'no' } : undefined;
  arrive(1);
  clock.advance(unverifiedAfterMs);
  expect(await delays.check(new AbortController().signal)).toBe(true);
  expect(log.events).toMatchObject([{ type: 'FetchDelayed', data: { count: 1, notices: [] } }]);
});

it('raises what is lost beside notices in the same alarm, and again only where it is not found on record', async () => {
  const { clock, log, delays, arrive, lose, losses } = setting();
  const { signal } = new AbortController();
  lose('gap-1', 3, '2026-03-01T08:00:00.000Z');
  expect(delays.dueIn()).toBe(0);
  expect(await delays.check(signal)).toBe(true);
  expect(log.events).toMatchObject([
    { data: { since: '2026-03-01T08:00:00.000Z', count: 3, lost: 3, notices: ['gap-1'] } },
  ]);
  expect(await delays.check(signal)).toBe(false);
  expect(delays.dueIn()).toBe(300_000);

  losses.length = 0;
  lose('gap-2', 1, '2026-03-01T09:00:00.000Z');
  arrive(1);
  clock.advance(unverifiedAfterMs);
  expect(await delays.check(signal)).toBe(false);
  clock.advance(300_000 - unverifiedAfterMs);
  expect(delays.dueIn()).toBe(0);
  expect(await delays.check(signal)).toBe(true);
  expect(log.events[1]).toMatchObject({
    stream: log.events[0]?.stream,
    data: { since: '2026-03-01T08:00:00.000Z', count: 5, lost: 4, notices: ['gap-2', 'notice-1'] },
  });
  clock.advance(300_000);
  expect(await delays.check(signal)).toBe(true);
  expect(log.events[2]).toMatchObject({ data: { notices: ['gap-2'] } });
});

it('names what is lost beside notices also where the log refuses the names of those', async () => {
  const { clock, log, delays, arrive, lose } = setting();
  log.faults = (_, events) =>
    JSON.stringify(events).includes('notice-1') ? { ok: false, reason: 'invalid', detail: 'no' } : undefined;
  arrive(1);
  lose('gap-1', 1, '2026-03-01T08:00:00.000Z');
  clock.advance(unverifiedAfterMs);
  expect(await delays.check(new AbortController().signal)).toBe(true);
  expect(log.events).toMatchObject([{ type: 'FetchDelayed', data: { count: 2, lost: 1, notices: ['gap-1'] } }]);
});
