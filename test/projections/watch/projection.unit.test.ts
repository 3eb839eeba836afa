import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import { watchProjection } from '#projections/watch/projection.ts';
import { createWatchQueries } from '#projections/watch/queries.ts';
import { createRecorder } from '#test/projections/recorded.ts';
import { memoryStore, take } from '#test/projections/stores.ts';
import { noon } from '#test/support/calls.ts';

const day = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();
const signedIn = {
  ...{ feed: 'chat', method: 'device-code', permissions: ['Chat.Read'] },
  ...{ tokenExpiresAt: iso(noon + day), grantExpiresAt: iso(noon + 90 * day) },
};
const trouble = { kind: 'sign-in-again', code: 'AADSTS50173', what: 'The password was changed.', next: 'Sign in.' };

/** What is known after some events of one stream, each written a second after the one before. */
async function recorded(stream: string, ...events: readonly (readonly [type: string, data: JsonObject])[]) {
  const record = createRecorder();
  const store = await memoryStore(watchProjection);
  for (const [type, data] of events) await take(watchProjection, store, [record(stream, { type, data })]);
  const queries = createWatchQueries(async () => store);
  return {
    queries,
    credential: async () => (await queries.credentials())[0],
    subscription: async () => (await queries.subscriptions())[0],
  };
}

describe('reminders and ids for support', () => {
  const reminded = (urgency: number) => ['CredentialReminded', { what: 'Sign in.', urgency }] as const;

  it('are counted, with the urgency of the last one, until somebody acted or the trouble is another one', async () => {
    const troubled = ['CredentialTroubled', { feed: 'chat', trouble: { ...trouble, supportId: 'of-entra' } }] as const;
    const begun = [['CredentialSignedIn', signedIn], troubled, reminded(1), reminded(2)] as const;
    const first = await recorded('credential-chat', ...begun);
    expect(await first.credential()).toMatchObject({
      ...{ state: 'sign-in-again', reminders: 2, remindedUrgency: 2, remindedAt: noon + 4000 },
      trouble: { supportId: 'of-entra' },
    });
    const another = ['CredentialTroubled', { feed: 'chat', trouble: { ...trouble, kind: 'admin-must-act' } }] as const;
    for (const next of [['CredentialSignedIn', signedIn], another, ['CredentialRevoked', { why: 'x' }]] as const) {
      const { credential } = await recorded('credential-chat', ...begun, next);
      expect(await credential()).not.toHaveProperty('reminders');
      expect((await credential())?.trouble ?? {}).not.toHaveProperty('supportId');
    }
  });

  it('of an end that is foreseen stay while only the token is new', async () => {
    const { credential } = await recorded(
      'credential-chat',
      ...([['CredentialSignedIn', signedIn], reminded(3), ['CredentialRefreshed', signedIn]] as const),
    );
    expect(await credential()).toMatchObject({ state: 'ok', reminders: 1, remindedUrgency: 3 });
    const renewed = { ...signedIn, grantExpiresAt: iso(noon + 180 * day) };
    const later = await recorded(
      'credential-chat',
      ...([['CredentialSignedIn', signedIn], reminded(3), ['CredentialRefreshed', renewed]] as const),
    );
    expect(await later.credential()).not.toHaveProperty('reminders');
  });

  it('name what Graph answered last, until it is well again', async () => {
    const troubled = [
      'SubscriptionTroubled',
      { feed: 'chat', code: '503', what: 'x', next: 'y', supportId: 'r' },
    ] as const;
    const { subscription } = await recorded('subscription-chat', troubled);
    expect((await subscription())?.trouble).toMatchObject({ supportId: 'r' });
    const live = { feed: 'chat', graphId: 'g', apiVersion: 'v1.0', content: 'rich', expiresAt: iso(noon + day) };
    const after = await recorded('subscription-chat', troubled, ['SubscriptionConfirmed', live]);
    expect(await after.subscription()).not.toHaveProperty('trouble');
    const another = await recorded(
      'subscription-chat',
      ['SubscriptionCreated', live],
      ['SubscriptionConfirmed', { ...live, graphId: 'another' }],
    );
    expect(await another.subscription()).toMatchObject({ state: 'ok', graphId: 'g' });
  });
});

describe('what is on record of a credential', () => {
  it('is well while a new sign-in waits and the one before serves', async () => {
    const { credential } = await recorded(
      'credential-chat',
      ['CredentialSignedIn', signedIn],
      ['CredentialSignInRequested', { feed: 'chat', method: 'browser', why: 'it ends soon' }],
      ['CredentialCodeShown', { verificationUri: 'https://login.example', expiresAt: iso(noon + day) }],
    );
    expect(await credential()).toMatchObject({
      ...{ state: 'ok', since: noon + 1000, method: 'device-code' },
      ...{ signIn: 'waiting', signInAt: noon + 3000 },
    });
  });

  it('tells a sign-in that failed from a token that was due meanwhile', async () => {
    const { credential } = await recorded(
      'credential-chat',
      ['CredentialSignedIn', signedIn],
      ['CredentialSignInRequested', { feed: 'chat', method: 'device-code', why: 'it ends soon' }],
      ['CredentialRefreshed', signedIn],
      ['CredentialSignInFailed', { feed: 'chat', trouble }],
    );
    expect(await credential()).toMatchObject({
      ...{ state: 'ok', signIn: 'failed', signInAt: noon + 4000 },
      ...{ signInWhat: 'The password was changed.', signInNext: 'Sign in.' },
    });
    expect((await credential())?.trouble).toBeUndefined();
  });

  it('is trouble where a sign-in failed and nothing else serves, until one works', async () => {
    const failed = [
      ['CredentialSignInRequested', { feed: 'chat', method: 'device-code', why: 'first start' }],
      ['CredentialSignInFailed', { feed: 'chat', trouble }],
      ['CredentialTroubled', { feed: 'chat', trouble }],
    ] as const;
    const { credential } = await recorded('credential-chat', ...failed);
    expect(await credential()).toMatchObject({
      ...{ state: 'sign-in-again', signIn: 'failed' },
      trouble: { code: 'AADSTS50173', what: 'The password was changed.', next: 'Sign in.' },
    });
    const well = await recorded('credential-chat', ...failed, ['CredentialSignedIn', signedIn]);
    expect(await well.credential()).toMatchObject({ state: 'ok', signIn: 'worked', provedAt: noon + 4000 });
    expect((await well.credential())?.trouble).toBeUndefined();
    expect(await well.credential()).not.toHaveProperty('signInWhat');
  });

  it('has no end of a grant that was revoked', async () => {
    const { credential } = await recorded(
      'credential-chat',
      ['CredentialSignedIn', signedIn],
      ['CredentialRevoked', { why: 'the laptop was stolen' }],
    );
    const seen = await credential();
    expect(seen).toMatchObject({ state: 'revoked' });
    expect(seen?.grantExpiresAt).toBeUndefined();
  });
});

describe('what is on record of a subscription', () => {
  const live = {
    ...{ feed: 'events', policy: 'Geneva', graphId: 'g-1', apiVersion: 'v1.0', content: 'rich' },
    ...{ expiresAt: iso(noon + day), deliversUntil: iso(noon + day) },
  };

  it('is what Graph last said, and lost when Graph has it no more', async () => {
    const { subscription } = await recorded('subscription-events-1', ['SubscriptionCreated', live]);
    expect(await subscription()).toMatchObject({ state: 'ok', policy: 'Geneva', expiresAt: noon + day });
    const lost = await recorded(
      'subscription-events-1',
      ['SubscriptionCreated', live],
      ['SubscriptionLost', { feed: 'events', policy: 'Geneva', graphId: 'g-1', cause: 'removed' }],
    );
    expect(await lost.subscription()).toMatchObject({ state: 'lost', trouble: { code: 'removed' } });
    expect((await lost.subscription())?.deliversUntil).toBeUndefined();
  });

  it('is the one that took the place of another, whatever becomes of that', async () => {
    const { subscription } = await recorded(
      'subscription-events-1',
      ['SubscriptionCreated', live],
      ['SubscriptionCreated', { ...live, graphId: 'g-2' }],
      ['SubscriptionRemoved', { feed: 'events', policy: 'Geneva', graphId: 'g-1', cause: 'recreated' }],
    );
    expect(await subscription()).toMatchObject({ state: 'ok', graphId: 'g-2', expiresAt: noon + day });
  });
});

describe('the watch of a feed', () => {
  it('is spans and gaps without a hole between them, each with its cause', async () => {
    const at = (seconds: number) => ({ at: iso(noon + seconds * 1000) });
    const { queries } = await recorded(
      'watch-chat',
      ['WatchOpened', { ...at(0), proof: 'live subscription' }],
      ['WatchProved', { ...at(60), proof: 'renewal' }],
      ['WatchClosed', { ...at(90), cause: 'graph-unreachable', detail: 'no answer' }],
      ['WatchClosed', { ...at(95), cause: 'sign-in-needed' }],
      ['WatchOpened', { ...at(200), proof: 'live subscription' }],
    );
    expect(
      (await queries.spans(noon, noon + day)).map(({ from, to, watching, cause }) => [from, to, watching, cause]),
    ).toEqual([
      [noon, noon + 90_000, true, undefined],
      [noon + 90_000, noon + 200_000, false, 'graph-unreachable'],
      [noon + 200_000, undefined, true, undefined],
    ]);
    expect(await queries.current()).toMatchObject([{ watching: true, provedAt: noon + 200_000 }]);
  });

  it('takes back what was called watched where it comes to light later that it was not, around gaps that stay', async () => {
    const at = (minutes: number) => ({ at: iso(noon + minutes * 60_000) });
    const { queries } = await recorded(
      'watch-chat',
      ['WatchOpened', { ...at(0), proof: 'live subscription' }],
      ['WatchClosed', { ...at(30), cause: 'hub-unreachable' }],
      ['WatchOpened', { ...at(40), proof: 'live subscription' }],
      ['WatchClosed', { ...at(50), cause: 'hub-unreachable' }],
      ['WatchOpened', { ...at(55), proof: 'live subscription' }],
      ['WatchClosed', { ...at(20), cause: 'subscription-missing' }],
      ['WatchOpened', { ...at(70), proof: 'live subscription' }],
    );
    const minute = (ms: number | undefined) => (ms === undefined ? undefined : (ms - noon) / 60_000);
    expect(
      (await queries.spans(noon, noon + day)).map(({ from, to, watching, cause }) => [
        ...[minute(from), minute(to), watching, cause],
      ]),
    ).toEqual([
      [0, 20, true, undefined],
      [20, 30, false, 'subscription-missing'],
      [30, 40, false, 'hub-unreachable'],
      [40, 50, false, 'subscription-missing'],
      [50, 55, false, 'hub-unreachable'],
      [55, 70, false, 'subscription-missing'],
      [70, undefined, true, undefined],
    ]);
  });

  it('never ends before it began, whatever order the hours came in', async () => {
    const { queries } = await recorded(
      'watch-chat',
      ['WatchOpened', { at: iso(noon + 60_000), proof: 'live subscription' }],
      ['WatchClosed', { at: iso(noon), cause: 'tocsin-not-running' }],
    );
    for (const { from, to } of await queries.spans(0, noon + day)) expect(to ?? from).toBeGreaterThanOrEqual(from);
  });
});
