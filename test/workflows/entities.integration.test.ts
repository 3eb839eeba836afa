import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeTemporal, startTemporal, type TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { graphAway, signInAgain } from '#test/workflows/fakes.ts';
import { createWorld, quickRules } from '#test/workflows/world.ts';
import {
  cancelSignIn,
  checkNow,
  completeSignIn,
  credentialView,
  lifecycleNotice,
  recreateNow,
  renewNow,
  requestSignIn,
  retireSubscription,
  revokeCredential,
  subscriptionView,
} from '#workflows/contract.ts';

const forbidden = { ok: false, reason: 'forbidden', detail: 'no', status: 403 } as const;
const notFound = { ok: false, reason: 'not-found', detail: 'no such policy', status: 404 } as const;

let temporal: TestTemporal;

describeTemporal('credentials and subscriptions', () => {
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.stop());

  async function begin(options: Parameters<typeof createWorld>[2] = {}) {
    const world = createWorld(temporal.address, temporal.namespace, options);
    const worker = world.startWorker();
    await worker.running();
    return { ...world, worker };
  }

  it('signs in by a code that is shown everywhere, subscribes as soon as somebody signed in, and puts it all on record', async () => {
    const world = await begin({ signedIn: false });
    await world.starter.ensure(world.desired());
    await world.credentialIs('waiting-for-sign-in');
    await eventually('a louder reminder', () =>
      world.log.stream('credential-chat').find(({ data }) => data['urgency'] === 2),
    );

    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'first start' }] });
    const view = await eventually('a code', async () => {
      const seen = await world.credential().query(credentialView);
      return seen.pending === undefined ? undefined : seen;
    });
    expect(view.pending?.userCode).toBe('CODE-1');
    world.identities.chat.control.approve();

    await world.credentialIs('ok');
    await world.subscriptionIs('ok');
    expect(world.keys.names().filter((name) => name.startsWith('credential/'))).toEqual([]);
    expect(world.types('credential-chat')).toEqual(
      expect.arrayContaining([
        'CredentialTroubled',
        'CredentialReminded',
        'CredentialSignInRequested',
        'CredentialCodeShown',
        'CredentialSignedIn',
      ]),
    );
    await eventually('the record', () => world.types('subscription-chat').includes('SubscriptionCreated'));
    expect(JSON.stringify(world.log.events)).not.toMatch(/CODE-|canary/);
  });

  it('is signed in by browser where the browser ends nowhere, by its address and by no other', async () => {
    const world = await begin({ signedIn: false });
    await world.starter.ensure(world.desired());
    const bring = (address: string) => world.credential().executeUpdate(completeSignIn, { args: [{ address }] });
    const ended = (state: string) => `localhost:1/?code=code-canary-1&state=${state}`;
    const refusal = async (address: string) =>
      String(((await bring(address).catch((error: unknown) => error)) as Error).cause);
    await world.credentialIs('waiting-for-sign-in');
    expect(await refusal(ended('canary'))).toContain('No sign-in by browser waits');
    await world.credential().executeUpdate(requestSignIn, { args: [{ method: 'browser', why: 'codes are blocked' }] });
    await eventually('an address', async () => (await world.credential().query(credentialView)).pending !== undefined);

    expect(await refusal(ended('guessed'))).toContain('belongs to another sign-in');
    expect(await refusal('https://login.example/authorize')).toContain('begins with http://localhost');
    expect(world.identities.chat.control.brought).toBe('');
    await bring(ended('canary'));
    await world.credentialIs('ok');
    expect(world.identities.chat.control.brought).toBe(ended('canary'));
    await eventually('the record', () => world.types('credential-chat').includes('CredentialSignedIn'));
    expect(world.types('credential-chat')).not.toContain('CredentialSignInFailed');
    expect((await world.credential().query(credentialView)).signingIn).toBe(false);
    expect(JSON.stringify(world.log.events)).not.toContain('canary');
    expect(await refusal(ended('canary'))).toContain('No sign-in by browser waits');
  });

  it('renews and reauthorises on time, never both within the quiet time, over many runs, and can be read after each', async () => {
    const world = await begin({
      tokenLifeMs: () => 2_500,
      settings: {
        chat: { content: 'rich' },
        rules: {
          credential: quickRules.credential,
          subscription: { ...quickRules.subscription, lifeMs: 12_000 },
          maxHistory: 60,
        },
      },
    });
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    const first = (await world.subscription().describe()).runId;
    const touches = () => [...world.graph.shelf.values()].flatMap((each) => each.touches);
    await eventually(
      'renewals and reauthorisations',
      () =>
        touches().filter(({ kind }) => kind === 'renew').length >= 2 &&
        touches().filter(({ kind }) => kind === 'reauthorise').length >= 2,
    );
    await eventually('another run', async () => (await world.subscription().describe()).runId !== first);
    expect(world.graph.violations).toEqual([]);
    expect(world.graph.shelf.size).toBe(1);
    const view = await world.subscription().query(subscriptionView);
    expect(view).toMatchObject({ state: 'ok', held: { graphId: 'graph-1' } });
    const listed = await world.subscription().describe();
    expect(listed.typedSearchAttributes.get({ name: 'TocsinState', type: 'KEYWORD' })).toBe('ok');
  });

  it('makes one subscription though nobody knows whether the first try made it, and adopts what is there after Temporal forgot', async () => {
    const world = await begin();
    world.graph.control.fault = (operation) => {
      if (operation !== 'create') return undefined;
      world.graph.control.fault = undefined;
      return 'lost-answer';
    };
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    expect([...world.graph.shelf.keys()]).toEqual(['graph-1']);
    await eventually('the record', () => world.types('subscription-chat').includes('SubscriptionAdopted'));
    await world.end();

    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    await eventually(
      'the record',
      () => world.types('subscription-chat').filter((type) => type === 'SubscriptionAdopted').length >= 2,
    );
    expect([...world.graph.shelf.keys()]).toEqual(['graph-1']);
  });

  it('says that Graph is away, waits without a growing history, and goes on when it is back', async () => {
    const world = await begin();
    world.graph.control.fault = () => graphAway;
    await world.starter.ensure(world.desired());
    const away = await world.subscriptionIs('graph-away');
    expect(away.what).toContain('Microsoft Graph does not answer');
    await eventually('several tries', () => world.graph.calls.length >= 3);
    const historyLength = async () => (await world.subscription().describe()).historyLength;
    const more = (calls: number) => eventually('another try', () => world.graph.calls.length > calls, 30_000);
    // The record and a reconciliation may still be on their way when it has begun to wait.
    await eventually(
      'a try that leaves no trace in the history',
      async () => {
        const [length, calls] = [await historyLength(), world.graph.calls.length];
        await more(calls);
        return (await historyLength()) === length;
      },
      60_000,
    );
    world.graph.control.fault = undefined;
    await world.subscriptionIs('ok');
  });

  it('waits for a credential that an admin or a person has to see to, and is made the moment that it works again', async () => {
    const world = await begin();
    world.identities.chat.control.trouble = signInAgain('AADSTS50173');
    await world.starter.ensure(world.desired());
    await world.credentialIs('sign-in-again');
    await world.subscriptionIs('sign-in-again');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'password changed' }] });
    await eventually('a code', () => world.identities.chat.control.codes === 1);
    world.identities.chat.control.approve();
    await world.subscriptionIs('ok');
  });

  it('is watching again soon after somebody repaired what refused the sign-in, though nobody signs in, and its history does not grow meanwhile', async () => {
    const credential = { ...quickRules.credential, remindMs: [0, 600_000], healMs: [1_000, 1_000] } as const;
    const world = await begin({
      // Enough for the credential for another 20 minutes, and too little for Graph: the subscription meets the refusal first.
      tokenLifeMs: () => 40 * 60_000,
      settings: { chat: { content: 'rich' }, rules: { ...quickRules, credential } },
    });
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    await world.credentialIs('ok');
    world.identities.chat.control.trouble = { ...signInAgain('AADSTS65001'), correlationId: 'correlation-4711' };
    let asked = 0;
    world.identities.chat.control.onRefusal = () => asked++;
    await world.subscriptionIs('sign-in-again');
    await world.credentialIs('sign-in-again');
    for (const handle of [world.credential(), world.subscription()])
      expect(await handle.query('__temporal_workflow_metadata')).toMatchObject({
        currentDetails: expect.stringContaining('**For Microsoft support:** request id `correlation-4711`'),
      });
    const historyLength = async () => (await world.credential().describe()).historyLength;
    await eventually('a try that leaves no trace in the history', async () => {
      const [length, before] = [await historyLength(), asked];
      await eventually('another try', () => asked > before);
      return (await historyLength()) === length;
    });
    world.identities.chat.control.trouble = undefined;
    await world.credentialIs('ok');
    await world.subscriptionIs('ok');
    expect(world.types('credential-chat')).not.toContain('CredentialSignInRequested');
  });

  it('recreates what is removed, renames nothing, and cleans up when it is retired', async () => {
    const world = await begin();
    await world.starter.ensure(world.desired());
    const { held } = await world.subscriptionIs('ok');
    world.graph.shelf.clear();
    await world.subscription().signal(lifecycleNotice, {
      ...{ kind: 'subscriptionRemoved', at: Date.now(), graphId: held?.graphId ?? '' },
    });
    await eventually('a new one', () => world.graph.shelf.size === 1);
    await eventually(
      'the record',
      () => world.types('subscription-chat').filter((type) => type === 'SubscriptionCreated').length === 2,
    );
    expect(world.types('subscription-chat')).toContain('SubscriptionLost');

    await world.subscription().executeUpdate(recreateNow);
    await eventually('one that was made anew', () => world.graph.shelf.has('graph-3'));
    expect(world.graph.shelf.size).toBe(1);
    await world.subscription().executeUpdate(renewNow);
    await eventually('a renewal', () => (world.graph.shelf.get('graph-3')?.touches.length ?? 0) > 0);

    await world.subscription().executeUpdate(retireSubscription, { args: [{ cause: 'policy-gone' }] });
    await world.subscription().result();
    expect(world.graph.shelf.size).toBe(0);
    expect(world.types('subscription-chat').at(-1)).toBe('SubscriptionRemoved');
    expect(world.keys.names().filter((name) => name.startsWith('subscription/'))).toEqual([]);
  });

  it('does not forget what it was asked for when something else happens while Graph is away, and does not put off what falls due', async () => {
    const world = await begin();
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    world.graph.control.fault = (operation) => (operation === 'delete' ? graphAway : undefined);
    await world.subscription().executeUpdate(recreateNow);
    await world.subscriptionIs('graph-away');
    await world.subscription().executeUpdate(renewNow);
    await eventually('a renewal', () => (world.graph.shelf.get('graph-1')?.touches.length ?? 0) > 0);
    expect([...world.graph.shelf.keys()]).toEqual(['graph-1']);
    world.graph.control.fault = undefined;
    await eventually('one that was made anew', () => world.graph.shelf.has('graph-2'));
    await world.subscriptionIs('ok');
  });

  it('comes to its end though Graph lets nobody delete it: it has run out by then', async () => {
    const world = await begin({
      settings: {
        chat: { content: 'rich' },
        rules: { ...quickRules, subscription: { ...quickRules.subscription, lifeMs: 4_000 } },
      },
    });
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    world.graph.control.fault = (operation) => (operation === 'delete' ? forbidden : undefined);
    await world.subscription().executeUpdate(retireSubscription, { args: [{ cause: 'policy-gone' }] });
    await world.subscription().result();
    expect(world.types('subscription-chat').slice(-2)).toEqual(['SubscriptionTroubled', 'SubscriptionLost']);
  });

  it('says that Graph does not know what is to be watched, and asks it again and again, not all the time', async () => {
    const world = await begin();
    world.graph.control.fault = (operation) => (operation === 'create' ? notFound : undefined);
    await world.starter.ensure(world.desired());
    const view = await world.subscriptionIs('admin-must-act');
    expect(view.what).toContain('does not know the emergency calling policy');
    const tries = () => world.graph.calls.filter(({ operation }) => operation === 'create').length;
    expect(tries()).toBe(1);
    world.graph.control.fault = undefined;
    await world.subscription().signal(checkNow);
    await world.subscriptionIs('ok');
    expect(tries()).toBe(2);
  });

  it('forgets also what somebody approves while the sign-in is revoked', async () => {
    const world = await begin();
    const { identity, control } = world.identities.chat;
    const approved = Promise.withResolvers<void>();
    // As Entra may: it answers with a grant though nobody waits for it any more.
    world.identities.chat.identity.signInWithCode = async ({ show }) => {
      await show({
        userCode: 'CODE-1',
        verificationUri: 'https://login.example/device',
        expiresAt: Date.now() + 900_000,
      });
      await approved.promise;
      control.signedIn = true;
      return identity.state();
    };
    await world.starter.ensure(world.desired());
    await world.credentialIs('ok');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'a test' }] });
    await eventually('a code', async () => (await world.credential().query(credentialView)).pending !== undefined);
    await world.credential().executeUpdate(revokeCredential, { args: [{ why: 'a test' }] });
    approved.resolve();
    await eventually('it is revoked', async () =>
      (await world.credential().query(credentialView)).what.includes('was revoked here'),
    );
    expect([control.signedIn, control.forgotten]).toEqual([false, 1]);
  });

  it('asks for a new code when its worker ends, and for none when the sign-in is cancelled', async () => {
    const world = await begin({ signedIn: false });
    await world.starter.ensure(world.desired());
    await world.credentialIs('waiting-for-sign-in');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'first start' }] });
    await eventually('a code', () => world.identities.chat.control.codes === 1);
    await world.worker.stop();
    const second = world.startWorker();
    await second.running();
    await eventually(
      'another code',
      async () => (await world.credential().query(credentialView)).pending?.userCode === 'CODE-2',
      40_000,
    );
    await world.credential().executeUpdate(cancelSignIn);
    await eventually('no code', async () => (await world.credential().query(credentialView)).pending === undefined);
    await eventually('the record', () => world.types('credential-chat').includes('CredentialSignInFailed'));
    await world.credentialIs('sign-in-again');
  });

  it('is no trouble while a new sign-in waits and the one before serves', async () => {
    const world = await begin();
    await world.starter.ensure(world.desired());
    await world.credentialIs('ok');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'it ends soon' }] });
    const view = await eventually('a code', async () => {
      const seen = await world.credential().query(credentialView);
      return seen.pending !== undefined && seen;
    });
    expect(view).toMatchObject({ state: 'ok', next: 'Open the address and enter the code.' });
    await world.credential().executeUpdate(cancelSignIn);
    await eventually('the record', () => world.types('credential-chat').includes('CredentialSignInFailed'));
    expect(await world.credential().query(credentialView)).toMatchObject({ state: 'ok' });
    expect(world.types('credential-chat')).not.toContain('CredentialTroubled');
  });

  it('forgets a grant that is revoked, and reminds nobody of it', async () => {
    const world = await begin();
    await world.starter.ensure(world.desired());
    await world.credentialIs('ok');
    await world.credential().executeUpdate(revokeCredential, { args: [{ why: 'the laptop was stolen' }] });
    await world.credentialIs('waiting-for-sign-in');
    expect(world.identities.chat.control.forgotten).toBe(1);
    await eventually('the record', () => world.types('credential-chat').includes('CredentialRevoked'));
    expect(world.types('credential-chat')).not.toContain('CredentialReminded');
  });
});
