import { describe, expect, it } from 'vitest';
import { credentialRules, type HeldCredential, planCredential } from '#domain/credentials/plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = Date.UTC(2026, 0, 1);
const held: HeldCredential = {
  ...{ signedIn: true, permissions: ['Chat.Read'], obtainedAt: at, tokenExpiresAt: at + 80 * minute },
  ...{ grantExpiresAt: at + 90 * day, jitter: 0 },
};
const known = { held, need: undefined, reminded: { count: 0, at: 0 }, foreseen: 0, quiet: false };
const plan = (more: Partial<Parameters<typeof planCredential>[0]>, now: number) =>
  planCredential({ ...known, ...more }, credentialRules, now);

describe('the plan of a credential', () => {
  it('asks for a token at first, and again at half of its life, up to a tenth earlier', () => {
    expect(plan({ held: undefined }, at)).toEqual({ do: 'refresh' });
    expect(plan({}, at)).toEqual({ do: 'wait', until: at + 40 * minute, next: 'refresh' });
    expect(plan({ held: { ...held, jitter: 1 } }, at)).toMatchObject({ until: at + 36 * minute });
    expect(plan({}, at + 40 * minute)).toEqual({ do: 'refresh' });
  });

  it('tells people days before a grant ends, louder each time, once each', () => {
    const near = { ...held, grantExpiresAt: at + 6 * day };
    expect(plan({ held: near }, at)).toEqual({ do: 'foresee', urgency: 2, count: 2 });
    expect(plan({ held: near, foreseen: 2 }, at)).toMatchObject({ do: 'wait' });
    expect(
      plan({ held: { ...near, obtainedAt: at + 4 * day, tokenExpiresAt: at + 5 * day }, foreseen: 2 }, at + 4 * day),
    ).toMatchObject({ do: 'foresee', urgency: 3 });
  });

  it('reminds at once, then ever louder and less often, and tries again in between', () => {
    const need = { kind: 'sign-in-again', since: at, retryAt: at + hour } as const;
    expect(plan({ need }, at)).toEqual({ do: 'remind', urgency: 1 });
    const once = { count: 1, at };
    expect(plan({ need, reminded: once }, at)).toEqual({ do: 'wait', until: at + hour, next: 'remind' });
    expect(plan({ need: { ...need, retryAt: at + minute }, reminded: once }, at + minute)).toEqual({ do: 'refresh' });
    expect(plan({ need, reminded: { count: 9, at } }, at + 24 * hour)).toEqual({ do: 'remind', urgency: 5 });
  });

  it('reminds nobody of what passes by itself, or of what was revoked on purpose', () => {
    const need = { kind: 'back-off', since: at, retryAt: at + 5_000 } as const;
    expect(plan({ need }, at)).toEqual({ do: 'wait', until: at + 5_000, next: 'refresh' });
    expect(plan({ quiet: true }, at)).toMatchObject({ do: 'wait', next: 'sign-in' });
  });
});
