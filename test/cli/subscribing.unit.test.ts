import { expect, it } from 'vitest';
import { createSubscribing, type SubscribingActs } from '#cli/roles/subscribing.ts';
import type { CredentialRecord, WatchQueries } from '#projections/watch/queries.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const away = async () => ({ ok: false, reason: 'workflows-away', detail: 'Temporal is away' }) as const;

function subscribingWhere({ revoke, states }: { revoke: SubscribingActs['revoke']; states: string[] }) {
  const record = (state: string): CredentialRecord => ({ id: 'chat', state, since: 0, permissions: [] });
  let looks = 0;
  const queries: WatchQueries = {
    credentials: () => Promise.resolve([record(states[Math.min(looks++, states.length - 1)] ?? '')]),
    subscriptions: () => Promise.resolve([]),
    current: () => Promise.resolve([]),
    spans: () => Promise.resolve([]),
  };
  const acts: SubscribingActs = {
    ...{ revoke, signIn: away, completeSignIn: away, renew: away, recreate: away, leave: away },
    pending: async () => undefined,
  };
  const clock = createHurriedClock();
  return { subscribing: createSubscribing({ queries: () => queries, acts, clock }), clock };
}

it('says that a sign-in is forgotten when it is on record, so that who lists right after it reads so', async () => {
  const { subscribing } = subscribingWhere({
    revoke: async () => ({ ok: true, value: undefined }),
    states: ['ok', 'ok', 'ok', 'revoked'],
  });
  expect(await subscribing.revoke('chat', 'a test')).toEqual({ ok: true, value: { started: true, recorded: true } });
  expect((await subscribing.credentials())[0]?.state).toBe('revoked');
});

it('does not wait for ever for a record that does not come, and says so, nor at all where nothing was revoked', async () => {
  const late = subscribingWhere({ revoke: async () => ({ ok: true, value: undefined }), states: ['ok'] });
  expect(await late.subscribing.revoke('chat', 'a test')).toEqual({
    ...{ ok: true, value: { started: true, recorded: false } },
  });
  expect(late.clock.monotonic()).toBeLessThan(10_000);
  const refused = subscribingWhere({ revoke: away, states: ['ok'] });
  expect((await refused.subscribing.revoke('chat', 'a test')).ok).toBe(false);
  expect(refused.clock.monotonic()).toBe(0);
});

it('says of a sign-in that is on record and has no workflow that it begins anew, not that there is none', async () => {
  const queries: WatchQueries = {
    credentials: async () => [{ id: 'chat', state: 'ok', since: 0, permissions: [] }],
    subscriptions: async () => [{ id: 'events-1', state: 'ok', since: 0 }],
    current: async () => [],
    spans: async () => [],
  };
  const gone = async () => ({ ok: false, reason: 'not-found' }) as const;
  const acts: SubscribingActs = {
    ...{ revoke: gone, signIn: gone, completeSignIn: gone, renew: gone, recreate: gone, leave: away },
    pending: async () => undefined,
  };
  const subscribing = createSubscribing({ queries: () => queries, acts, clock: createHurriedClock() });
  const begins = { reason: 'workflows-away', detail: expect.stringContaining('it begins anew by itself') };
  expect(await subscribing.signIn('chat', undefined)).toMatchObject(begins);
  expect(await subscribing.renew('events-1')).toMatchObject(begins);
  expect(await subscribing.renew('events-2')).toMatchObject({ reason: 'not-found' });
});

it('names the end of a sign-in while it serves, and none of one that Entra does not take any more', async () => {
  const record = { id: 'chat', since: 0, permissions: [], grantExpiresAt: 90 * 86_400_000 };
  const ends = async (state: CredentialRecord['state']) => {
    const queries: WatchQueries = {
      credentials: async () => [{ ...record, state }],
      subscriptions: async () => [],
      current: async () => [],
      spans: async () => [],
    };
    const subscribing = createSubscribing({ queries: () => queries, acts: undefined, clock: createHurriedClock() });
    return (await subscribing.credentials())[0]?.grantExpiresAt;
  };
  expect(await ends('ok')).toBe('1970-04-01T00:00:00.000Z');
  expect(await ends('sign-in-again')).toBeUndefined();
  expect(await ends('waiting-for-sign-in')).toBeUndefined();
});
