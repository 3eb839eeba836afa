import { describe, expect, it } from 'vitest';
import { judgeWatch, type WatchFacts } from '#domain/watch/judge.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const minute = 60_000;
const live: WatchFacts = {
  now,
  hub: { ok: true, provedAt: now - 1000 },
  credential: {},
  subscription: {
    state: 'live',
    at: now - 10 * minute,
    expiresAt: now + 60 * minute,
    deliversUntil: now + 30 * minute,
  },
};

describe('a feed', () => {
  it('is watched while its subscription lives, delivers, and the hub is read', () => {
    expect(judgeWatch(live)).toMatchObject({ watching: true, at: now - 1000 });
  });

  it('is not proved for a time before its subscription was', () => {
    const fresh = { ...live, subscription: { state: 'live', at: now - 10 } as const };
    expect(judgeWatch(fresh)).toMatchObject({ watching: true, at: now - 10 });
  });

  it('is proved until the hub was last read, whenever its subscription was renewed', () => {
    const renewed = { ...live, subscription: { state: 'live', at: now - 10 } as const };
    expect(judgeWatch(renewed)).toMatchObject({ watching: true, provedAt: now - 1000 });
    expect(judgeWatch({ ...live, hub: { ok: true, provedAt: now + 5 } })).toMatchObject({ provedAt: now });
  });

  it.each<[string, Partial<WatchFacts>, object]>([
    [
      'since the hub was last proved to be read',
      { hub: { ok: false, cause: 'partition-not-read', provedAt: now - 5000 } },
      { at: now - 5000, cause: 'partition-not-read' },
    ],
    [
      'since its subscription ended',
      { subscription: { state: 'live', at: 0, expiresAt: now - minute } },
      { at: now - minute, cause: 'subscription-expired' },
    ],
    [
      'since Graph holds deliveries back, and that is for want of a sign-in',
      {
        credential: { trouble: 'sign-in-again' },
        subscription: { state: 'live', at: 0, expiresAt: now + minute, deliversUntil: now - 2 * minute },
      },
      { at: now - 2 * minute, cause: 'sign-in-needed' },
    ],
    [
      'since Graph cannot be asked to go on',
      { subscription: { state: 'live', at: 0, deliversUntil: now - minute, trouble: 'no answer' } },
      { at: now - minute, cause: 'graph-unreachable' },
    ],
    [
      'since Graph took the subscription away',
      { subscription: { state: 'removed', at: now - minute } },
      { at: now - minute, cause: 'subscription-removed' },
    ],
  ])('is not watched %s', (_words, facts, expected) => {
    expect(judgeWatch({ ...live, ...facts })).toMatchObject({ watching: false, ...expected });
  });

  it('is not watched while there is no subscription', () => {
    const { subscription: _, ...none } = live;
    expect(judgeWatch(none)).toMatchObject({ watching: false, cause: 'subscription-missing' });
    expect(judgeWatch({ ...none, credential: { trouble: 'admin-must-act' } })).toMatchObject({
      cause: 'admin-must-act',
    });
  });
});
