import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { away, basic, chatId, createPlace, message, noon } from '#test/processor/resolve/running-resolve.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const step = fc.oneof(
  fc.record({ do: fc.constant('notices' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constantFrom('graph-away', 'graph-back', 'hub-away', 'hub-back', 'keys-away', 'keys-back') }),
  fc.record({ do: fc.constantFrom('restart', 'second', 'lost-answer', 'log-away', 'log-back', 'turns') }),
);

describe('resolve, whatever happens', () => {
  it('publishes what every notice refers to, and puts on record what waited too long', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const place = createPlace();
        // So few that much has to be read again.
        const few = { atHand: { blob: 3, message: 5 } };
        const clock = createHurriedClock(noon);
        let sent = 0;
        const ids = new Set<string>();
        try {
          place.start(clock, few);
          for (const each of steps) {
            switch (each.do) {
              case 'notices': {
                if (place.keyStore.away) break;
                const names = Array.from({ length: each.count }, () => String(sent++));
                for (const id of names) place.graph.known.set(`${chatId}/${id}`, message(id));
                const { faults } = place.log;
                place.log.faults = undefined;
                for (const { data } of await place.deliver(...names.map((id) => basic(id))))
                  ids.add(String(data['id']));
                place.log.faults = faults;
                break;
              }
              case 'graph-away':
              case 'graph-back':
                place.graph.failure = each.do === 'graph-away' ? away : undefined;
                break;
              case 'hub-away':
              case 'hub-back':
                place.answer =
                  each.do === 'hub-back' ? { ok: true } : { ok: false, reason: 'unknown-outcome', detail: '?' };
                break;
              case 'keys-away':
              case 'keys-back':
                place.keyStore.away = each.do === 'keys-away';
                break;
              case 'restart':
                await place.stop();
                place.start(clock, few);
                break;
              case 'second':
                place.start(clock, few);
                break;
              case 'lost-answer': {
                let first = true;
                place.log.faults = () => {
                  if (!first) return undefined;
                  first = false;
                  return 'lost-answer';
                };
                break;
              }
              case 'log-away':
                place.log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'no log' });
                break;
              case 'log-back':
                place.log.faults = undefined;
                break;
              case 'turns':
                for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
                break;
            }
          }
          place.graph.failure = undefined;
          place.answer = { ok: true };
          place.keyStore.away = false;
          place.log.faults = undefined;
          const missing = () => {
            const done = new Set(
              place.published.map(({ body }) => String(JSON.parse(new TextDecoder().decode(body)).value[0].id)),
            );
            return [...ids].filter((id) => !done.has(id));
          };
          await eventually('everything is published', () => missing().length === 0, 5_000);
          const delays = place.of('FetchDelayed').map(({ stream }) => stream);
          await eventually(
            'no delay stays open',
            () => {
              const ended = new Set(place.of('FetchResumed').map(({ stream }) => stream));
              return delays.every((stream) => ended.has(stream));
            },
            5_000,
          );
          expect(place.outcomes.filter((each) => each.startsWith('given-up'))).toEqual([]);
        } finally {
          await place.stop();
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 60_000);
});
