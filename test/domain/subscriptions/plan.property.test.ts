import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deliversUntil,
  type HeldSubscription,
  planSubscription,
  refusedTouch,
  repeatUntil,
  type SubscriptionRules,
  subscriptionRules,
  type Touch,
  unheardTouch,
} from '#domain/subscriptions/plan.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

/** What one month brings: how long each token lives, how late timers are, when Graph or a person asks, which calls get no answer. */
const month = fc.record({
  feed: fc.constantFrom('chat' as const, 'events' as const),
  lifeMs: fc.integer({ min: 45 * minute, max: 3 * 24 * 60 * minute }),
  tokens: fc.array(fc.integer({ min: minute, max: 24 * 60 * minute }), { minLength: 1, maxLength: 20 }),
  late: fc.array(fc.integer({ min: 0, max: 2 * minute }), { minLength: 1, maxLength: 20 }),
  asks: fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
  lost: fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
  jitter: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 20 }),
});

describe('the plan of a subscription over a month', () => {
  it('never touches twice within ten minutes, and always before the end, whatever the life of tokens', () => {
    fc.assert(
      fc.property(month, ({ feed, lifeMs, tokens, late, asks, lost, jitter }) => {
        const rules: SubscriptionRules = { ...subscriptionRules(feed), lifeMs };
        const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
        let now = start;
        let held: HeldSubscription = {
          ...{ graphId: 'g', createdAt: now, renewedAt: now, touchedAt: now, expiresAt: now + lifeMs, jitter: 0 },
          tokenExpiresAt: now + pick(tokens, 0),
        };
        const answered: { readonly kind: Touch; readonly at: number }[] = [];
        let asked = false;
        for (let n = 0; now < start + 30 * 24 * 60 * minute && n < 2_000; n++) {
          asked ||= pick(asks, n);
          const plan = planSubscription(held, asked, rules, now);
          if (plan.do === 'wait') {
            expect(plan.until).toBeGreaterThan(now);
            now = plan.until + pick(late, n);
            continue;
          }
          expect(plan.do, 'it was renewed in time').not.toBe('obtain');
          if (plan.do === 'obtain' || plan.do === 'recreate') break;
          held = { ...held, attempted: { kind: plan.do, at: now } };
          const last = answered.at(-1);
          if (last !== undefined && last.kind !== plan.do)
            expect(now - last.at, 'PATCH and reauthorize within ten minutes').toBeGreaterThanOrEqual(rules.quietMs);
          answered.push({ kind: plan.do, at: now });
          // Graph did it though nobody heard: the next try, seconds later, must be the same.
          if (pick(lost, n) && !pick(lost, n + 1)) {
            now += 5_000;
            const again = planSubscription(held, asked, rules, now);
            expect(again.do).toBe(plan.do);
            answered.push({ kind: plan.do, at: now });
          }
          const { attempted: _, ...rest } = held;
          held = {
            ...rest,
            ...{ touchedAt: now, tokenExpiresAt: now + pick(tokens, n), jitter: pick(jitter, n) },
            ...(plan.do === 'renew' ? { renewedAt: now, expiresAt: now + lifeMs } : {}),
          };
          if (plan.do === 'renew') asked = false;
        }
        for (const [index, { kind, at }] of answered.entries()) {
          const before = answered[index - 1];
          if (before !== undefined && before.kind !== kind)
            expect(at - before.at).toBeGreaterThanOrEqual(rules.quietMs);
        }
      }),
      { numRuns: 100 },
    );
  });

  /** What Graph does with the touches of one kind, for ever, while it takes the other; what is held afterwards, and when. */
  const inVain = {
    refused: (held: HeldSubscription, kind: Touch, _: SubscriptionRules, now: number) =>
      ({ now: now + 40_000, held: refusedTouch(held, kind, held.attempted) }) as const,
    unheard: (held: HeldSubscription, kind: Touch, rules: SubscriptionRules, now: number) => {
      const leftMs = repeatUntil(held, rules) - now;
      const then = now + Math.max(1_000, Math.min(60 * minute, leftMs > 0 ? leftMs : 60 * minute));
      return { now: then, held: unheardTouch(held, kind, then) } as const;
    },
  };

  for (const how of ['refused', 'unheard'] as const)
    it(`delivers for ever where /reauthorize is ${how} and PATCH works, and never touches twice within ten minutes`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 60 * minute, max: 24 * 60 * minute }), fc.boolean(), (life, asked) => {
          const rules = subscriptionRules('chat');
          let now = start;
          let tried = Number.NEGATIVE_INFINITY;
          let held: HeldSubscription = {
            ...{ graphId: 'g', createdAt: now, renewedAt: now, touchedAt: now, expiresAt: now + rules.lifeMs },
            ...{ jitter: 0, tokenExpiresAt: now + life },
          };
          while (now < start + 30 * 24 * 60 * minute) {
            const plan = planSubscription(held, asked && now - held.touchedAt > 50 * minute, rules, now);
            expect(now, 'it delivers').toBeLessThan(deliversUntil(held, rules));
            if (plan.do === 'wait') now = plan.until;
            else if (plan.do === 'reauthorise') {
              ({ now, held } = inVain[how](held, 'reauthorise', rules, now));
              if (how === 'unheard') tried = now;
            } else {
              expect(plan.do).toBe('renew');
              expect(now - tried).toBeGreaterThanOrEqual(rules.quietMs);
              const { attempted: _, refused: __, ...rest } = held;
              held = { ...rest, ...{ renewedAt: now, touchedAt: now, expiresAt: now + rules.lifeMs } };
              held = { ...held, tokenExpiresAt: now + life };
            }
          }
        }),
        { numRuns: 30 },
      );
    });

  it('gives tokens for as long as it lives where PATCH is refused and /reauthorize works', () => {
    const rules = subscriptionRules('chat');
    let now = start;
    let held: HeldSubscription = {
      ...{ graphId: 'g', createdAt: now, renewedAt: now, touchedAt: now, expiresAt: now + rules.lifeMs, jitter: 0 },
      tokenExpiresAt: now + 70 * minute,
    };
    while (now < held.expiresAt) {
      const plan = planSubscription(held, false, rules, now);
      expect(now, 'it delivers').toBeLessThan(deliversUntil(held, rules));
      if (plan.do === 'wait') now = Math.min(plan.until, held.expiresAt);
      else if (plan.do === 'renew') ({ now, held } = inVain.refused(held, 'renew', rules, now));
      else {
        const { attempted: _, refused: __, ...rest } = held;
        held = { ...rest, touchedAt: now, tokenExpiresAt: now + 70 * minute };
      }
    }
  });

  it('gives Graph a new token before the old one ends, where tokens live for a quarter of an hour or more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 15 * minute, max: 24 * 60 * minute }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (life, jitter) => {
          const rules = subscriptionRules('chat');
          const held: HeldSubscription = {
            ...{ graphId: 'g', createdAt: start, renewedAt: start, touchedAt: start, jitter },
            ...{ expiresAt: start + rules.lifeMs, tokenExpiresAt: start + life },
          };
          const plan = planSubscription(held, false, rules, start);
          expect(plan.do).toBe('wait');
          if (plan.do === 'wait') expect(plan.until).toBeLessThan(start + life);
        },
      ),
    );
  });
});
