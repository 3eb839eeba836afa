import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bringUpToDate, quietMs } from '#domain/watch/bring-up-to-date.ts';
import type { SubscriptionLoss, WatchVerdict } from '#domain/watch/judge.ts';
import { absentMs } from '#domain/watch/proved.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { createWatchState } from '#processor/watch/state.ts';
import { recordedGaps } from '#test/projections/watch/recorded-gaps.ts';

const start = Date.parse('2026-11-22T12:00:00Z');

interface Span {
  readonly from: number;
  readonly until: number;
}

/** One look: so long after the one before, by whom, by this verdict, with what came to light meanwhile: how long ago that ended, and how long it lasted. */
const looks = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 1, max: 600_000 })),
    verdict: fc.oneof(
      { weight: 4, arbitrary: fc.constant('watching' as const) },
      fc.constant('hub-unreachable' as const),
      fc.constant('delivery-paused' as const),
    ),
    agoMs: fc.integer({ min: 0, max: 900_000 }),
    who: fc.oneof(
      { weight: 4, arbitrary: fc.constant('the same' as const) },
      fc.constant('another, who was killed before' as const),
      fc.constant('another, who was stopped before' as const),
    ),
    losses: fc.array(
      fc.record({ agoMs: fc.integer({ min: 0, max: 900_000 }), lastedMs: fc.integer({ min: 1, max: 900_000 }) }),
      { maxLength: 2 },
    ),
    isWritten: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

describe('the record of a feed', () => {
  it('has in it whatever was not watched, however late that came to light, and says nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(looks, async (all) => {
        const events: RecordedEvent[] = [];
        const state = createWatchState();
        const [unwatched, losses]: [Span[], SubscriptionLoss[]] = [[], []];
        let now = start;
        let lastLossTo = 0;
        let readSince: number | undefined = start;
        let wasRead = true;

        function look(verdict: WatchVerdict, isLast = false): void {
          const seen = { now, verdict, readSince, isLast };
          for (const { type, data } of bringUpToDate(state.onRecord('chat', undefined), seen, losses, undefined)) {
            const revision = events.length;
            const event = { id: `${revision}`, type, data: { ...data }, metadata: {}, stream: 'watch-chat', revision };
            events.push({ ...event, position: String(revision).padStart(9, '0'), created: now });
            state.take(events[revision] as RecordedEvent);
          }
        }

        async function missing(): Promise<readonly Span[]> {
          const gaps = await recordedGaps(events, now);
          const record = state.onRecord('chat', undefined);
          // Of what comes after the last proof nothing is said.
          const saidTo = record?.watching === true ? (record.provedAt ?? record.since) : now;
          return [...unwatched, ...losses].filter(({ from, until }) => {
            let covered = Math.max(from, start);
            for (const gap of gaps) if (gap.from <= covered && gap.to > covered) covered = gap.to;
            return covered < Math.min(until, saidTo);
          });
        }

        look({ watching: true, at: start, provedAt: start });
        for (const { afterMs, verdict, agoMs, who, losses: found, isWritten } of all) {
          if (who !== 'the same') {
            if (who === 'another, who was stopped before' && wasRead)
              look({ watching: true, at: now, provedAt: now }, true);
            unwatched.push({ from: now, until: now + afterMs });
            readSince = undefined;
            wasRead = false;
          }
          const before = state.onRecord('chat', undefined);
          now += afterMs;
          for (const { agoMs: endedAgo, lastedMs } of found) {
            // Those of one subscription come to light in their order.
            const until = Math.max(now - endedAgo, lastLossTo + 1);
            if (until > now || until <= start) continue;
            lastLossTo = until;
            const from = until - lastedMs;
            losses.push({ from, until, cause: 'subscription-missing' });
          }
          // The log may be away: then nothing of it is on record, and the next look says all of it.
          if (!isWritten) continue;
          const provedAt = before?.provedAt ?? start;
          if (before?.watching === true && now - provedAt > absentMs) unwatched.push({ from: provedAt, until: now });
          const isRead = verdict !== 'hub-unreachable';
          if (isRead && !wasRead) readSince = now;
          wasRead = isRead;
          const at = isRead ? Math.max(now - agoMs, start) : Math.max(now - agoMs, readSince ?? now, provedAt);
          if (verdict === 'watching') look({ watching: true, at: now, provedAt: now });
          else {
            look({ watching: false, at, cause: verdict });
            // That the hub is not read says nothing of a time in which nothing was watched anyway.
            unwatched.push({ from: !isRead && before?.watching === false ? before.since : at, until: now });
          }
          // Whoever starts anew reads the last word alone.
          const restarted = createWatchState();
          for (const event of events.slice(-1)) restarted.take(event);
          const still: WatchVerdict =
            verdict === 'watching'
              ? { watching: true, at: now, provedAt: now }
              : { watching: false, at: now, cause: verdict };
          const again = { now, verdict: still, readSince };
          expect(bringUpToDate(restarted.onRecord('chat', undefined), again, losses, undefined)).toEqual([]);
          expect(await missing()).toEqual([]);
        }
        // Once the last has been there for long enough, nothing waits for somebody else to speak any more.
        if (!wasRead) readSince = now;
        for (const end = now + 2 * quietMs; now < end; ) {
          now += 1_000;
          look({ watching: true, at: now, provedAt: now });
        }
        expect(await missing()).toEqual([]);
        expect(now - (state.onRecord('chat', undefined)?.provedAt ?? start)).toBeLessThanOrEqual(quietMs);
      }),
      { numRuns: 1_000 },
    );
  });
});
