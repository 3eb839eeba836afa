import { describe, expect, it } from 'vitest';
import { acceptedClientStates, readClientStates, withClientState } from '#domain/subscriptions/client-states.ts';
import {
  deliversUntil,
  type HeldSubscription,
  planSubscription,
  refusedTouch,
  subscriptionRules,
  unheardTouch,
} from '#domain/subscriptions/plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = Date.UTC(2026, 0, 1);

function held(more: Partial<HeldSubscription> = {}): HeldSubscription {
  return {
    ...{ graphId: 'g', createdAt: at, renewedAt: at, touchedAt: at, expiresAt: at + 72 * hour, jitter: 0 },
    ...{ tokenExpiresAt: at + 70 * minute, ...more },
  };
}
const chat = subscriptionRules('chat');
const events = subscriptionRules('events');

describe('the plan of a subscription', () => {
  it('obtains what is not there, and what has run out', () => {
    expect(planSubscription(undefined, false, chat, at)).toEqual({ do: 'obtain' });
    expect(planSubscription(held(), false, chat, at + 72 * hour)).toEqual({ do: 'obtain' });
  });

  it('reauthorises about hourly where Graph needs a token, well before that one ends', () => {
    expect(planSubscription(held(), false, chat, at)).toEqual({
      do: 'wait',
      until: at + 49 * minute,
      next: 'reauthorise',
    });
    expect(planSubscription(held({ tokenExpiresAt: at + 5 * hour }), false, chat, at)).toMatchObject({
      until: at + hour,
    });
    expect(planSubscription(held(), false, chat, at + 49 * minute)).toEqual({ do: 'reauthorise' });
  });

  it('renews at a third of its life: chats after a day, emergency events after eight hours', () => {
    expect(
      planSubscription(
        held({ touchedAt: at + 23.8 * hour, tokenExpiresAt: at + 26 * hour }),
        false,
        chat,
        at + 23.9 * hour,
      ),
    ).toMatchObject({ next: 'renew' });
    expect(planSubscription(held({ expiresAt: at + 24 * hour }), false, events, at)).toEqual({
      do: 'wait',
      until: at + 8 * hour,
      next: 'renew',
    });
  });

  it('meets a wish with one PATCH, no sooner than ten minutes after the last touch', () => {
    expect(planSubscription(held(), true, chat, at + minute)).toEqual({
      do: 'wait',
      until: at + 10 * minute,
      next: 'renew',
    });
    expect(planSubscription(held(), true, chat, at + 10 * minute)).toEqual({ do: 'renew' });
  });

  it('repeats the same call, and no other, after one that Graph may have carried out', () => {
    const attempted = { kind: 'reauthorise', at: at + 49 * minute } as const;
    expect(planSubscription(held({ attempted }), true, chat, at + 50 * minute)).toEqual({ do: 'reauthorise' });
    expect(planSubscription(held({ attempted }), true, chat, at + 59 * minute)).toEqual({ do: 'renew' });
  });

  it('takes the other means at once where Graph refused one, and after a pause where it did not answer one', () => {
    const refused = refusedTouch(
      held({ attempted: { kind: 'reauthorise', at: at + 49 * minute } }),
      'reauthorise',
      undefined,
    );
    expect(planSubscription(refused, false, chat, at + 50 * minute)).toEqual({ do: 'renew' });
    const unheard = (minutes: number) => unheardTouch(held(), 'reauthorise', at + minutes * minute);
    expect(planSubscription(unheard(50), false, chat, at + 50 * minute)).toEqual({ do: 'reauthorise' });
    expect(planSubscription(unheard(58), false, chat, at + 58 * minute)).toEqual({
      ...{ do: 'wait', until: at + 68 * minute, next: 'renew' },
    });
    expect(planSubscription(unheard(58), false, chat, at + 68 * minute)).toEqual({ do: 'renew' });
  });

  it('makes it anew when its client state is old, instead of renewing it', () => {
    const old = held({ createdAt: at - 200 * 24 * hour });
    expect(planSubscription(old, true, chat, at + hour)).toEqual({ do: 'recreate' });
  });

  it('never takes one of emergency events away by plan: Graph takes no second one beside it, and a call may fall into the gap', () => {
    const old = held({ createdAt: at - 2000 * 24 * hour });
    expect(planSubscription(old, true, subscriptionRules('events'), at + hour)).toEqual({ do: 'renew' });
  });

  it('gives a token at once to one of which nobody knows when it got the last', () => {
    const { tokenExpiresAt: _, ...adopted } = held({ touchedAt: 0 });
    expect(planSubscription(adopted, true, chat, at)).toEqual({ do: 'renew' });
    expect(deliversUntil(adopted, chat)).toBe(0);
    expect(deliversUntil(held(), chat)).toBe(at + 70 * minute);
    expect(deliversUntil(held(), events)).toBe(at + 72 * hour);
  });
});

describe('client states', () => {
  it('keep those before for as long as notices may carry them', () => {
    const first = withClientState({ previous: [] }, { value: 'one', creation: '1' }, at);
    expect(withClientState(first, { value: 'other', creation: '1' }, at)).toBe(first);
    const second = withClientState(first, { value: 'two', creation: '2' }, at);
    expect(acceptedClientStates(second, at)).toEqual(['two', 'one']);
    expect(acceptedClientStates(second, at + 3649 * 24 * hour)).toEqual(['two', 'one']);
    expect(acceptedClientStates(second, at + 3651 * 24 * hour)).toEqual(['two']);
    expect(readClientStates(JSON.stringify(second))).toEqual(second);
  });

  it('are none where the text is damaged', () => {
    for (const text of [undefined, '', '{', '[]', '{"current":7,"previous":[{}]}', '{"previous":null}'])
      expect(acceptedClientStates(readClientStates(text), at)).toEqual([]);
  });
});
