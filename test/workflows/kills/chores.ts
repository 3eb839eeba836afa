import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { createBrowser } from '#test/simulator/entra/raw.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import { command, type Entities } from '#test/workflows/kills/entities.ts';
import type { Ground } from '#test/workflows/kills/ground.ts';
import {
  acknowledged,
  type CredentialView,
  completeSignIn,
  credentialView,
  escalationWorkflowId,
  recreateNow,
  refreshNow,
  renewNow,
  requestSignIn,
  retireSubscription,
  revokeCredential,
  workflowTypes,
} from '#workflows/contract.ts';
import type { Activities } from '#workflows/definitions/activities.ts';

type Chore = (ground: Ground, entities: Entities) => Promise<void>;

const made = ['SubscriptionCreated', 'SubscriptionAdopted'];

/** What people and the world ask of Tocsin so that it does all that it can do, each on entities of its own. */
export const chores = {
  async signIn({ entra }, { credential, recorded }) {
    const chat = credential('chat');
    await entra.autoApprove(true);
    await command((updateId) => chat.executeUpdate(requestSignIn, { updateId, args: [{ why: 'first start' }] }));
    await recorded(chat, 'CredentialSignedIn');
  },

  async signInByAddress(ground, entities) {
    await chores.signIn(ground, entities);
    const chat = entities.credential('chat');
    const told = (type: string) => entities.types(chat.workflowId).filter((each) => each === type).length;
    // A worker that dies while it redeems the code takes that with it: whoever is told that it failed begins anew.
    while (told('CredentialSignedIn') < 2) {
      const failed = told('CredentialSignInFailed');
      await command((updateId) =>
        chat.executeUpdate(requestSignIn, { updateId, args: [{ method: 'browser', why: 'another person' }] }),
      );
      let pending: CredentialView['pending'];
      await entities.until('an address to open', async () => {
        ({ pending } = await chat.query(credentialView).catch((): Partial<CredentialView> => ({})));
        return pending?.method === 'browser';
      });
      const address = await endOfSignIn(pending?.verificationUri ?? '', ground.serviceUser);
      await command((updateId) => chat.executeUpdate(completeSignIn, { updateId, args: [{ address }] }));
      await entities.until(
        'signed in by browser, or told that it failed',
        () => told('CredentialSignedIn') >= 2 || told('CredentialSignInFailed') > failed,
      );
    }
  },

  async revoke(_, { credential, recorded }) {
    const events = credential('events');
    await recorded(events, 'CredentialSignedIn');
    await command((updateId) => events.executeUpdate(revokeCredential, { updateId, args: [{ why: 'a test' }] }));
    await recorded(events, 'CredentialRevoked');
    await command((updateId) => events.executeUpdate(refreshNow, { updateId }));
  },

  async renew(_, { subscription, recorded }) {
    const renewed = subscription('renewed');
    await recorded(renewed, made);
    await command((updateId) => renewed.executeUpdate(renewNow, { updateId }));
    await recorded(renewed, 'SubscriptionRenewed');
  },

  async recreate(_, { subscription, recorded }) {
    const remade = subscription('remade');
    await recorded(remade, made);
    await command((updateId) => remade.executeUpdate(recreateNow, { updateId }));
    await recorded(remade, made, 2);
  },

  async retire(_, { subscription, recorded }) {
    const retired = subscription('retired');
    await recorded(retired, made);
    await command((updateId) =>
      retired.executeUpdate(retireSubscription, { updateId, args: [{ cause: 'policy-gone' }] }),
    );
    await retired.result();
  },

  async reconcile({ tenant }, { start }) {
    const { notificationUrl } = tenant.delivery;
    const pem = await tenant.makeCertificate({ commonName: 'orphan', now: Date.now() });
    const orphan = await tenant.graph('events').createSubscription({
      ...{ notificationUrl, lifecycleNotificationUrl: notificationUrl, clientState: 'nobody-knows-it' },
      ...{ changeType: 'updated', expiresAt: Date.now() + 80_000_000 },
      resource: "communications/calls/getEmergencyEventsByPolicy(policyName='forgotten')",
      encryption: { id: 'orphan', certificate: pem.certificate.replaceAll(/-----.*-----|\s/g, '') },
    });
    expect(orphan).toMatchObject({ ok: true });
    const round = await start(workflowTypes.reconcile, 'reconcile/once', { feeds: ['events', 'chat'] });
    await round.result();
  },

  async page({ log, stream }, { start, until }) {
    const emergencyId = randomUUID();
    await appendEmergencyEvent(log, emergencyId, 'EmergencyRaised');
    const rules = { intervalsMs: [3_600_000], failedMs: 3_600_000 };
    const input = { emergencyId, test: false, rules };
    const escalation = await start(workflowTypes.escalation, escalationWorkflowId(emergencyId), input);
    await until('a page', () => stream(`emergency-${emergencyId}`).some(({ type }) => type === 'ResponderPaged'));
    await appendEmergencyEvent(log, emergencyId, 'EmergencyAcknowledged');
    await escalation.signal(acknowledged);
    await escalation.result();
  },
} as const satisfies Record<string, Chore>;

/** In which chore each step is taken (`always`: what is wanted is brought about, whatever else is done): a new one has to be in one of them. */
export const choreOf: Record<keyof Activities, keyof typeof chores | 'always'> = {
  record: 'always',
  refreshCredential: 'always',
  signIn: 'signInByAddress',
  completeSignIn: 'signInByAddress',
  forgetCredential: 'revoke',
  inspectSubscription: 'always',
  createSubscription: 'always',
  renewSubscription: 'renew',
  // An hour after the last token, which is seconds here.
  reauthoriseSubscription: 'signInByAddress',
  deleteSubscription: 'recreate',
  forgetSubscription: 'retire',
  page: 'page',
  reconcileFeed: 'reconcile',
};

/** A person signs in at a browser that does not reach the worker. @returns the address at which it ends */
async function endOfSignIn(url: string, user: string): Promise<string> {
  const { origin } = new URL(url);
  const browser = createBrowser();
  const page = await browser.follow(await browser.open(url), origin);
  if (typeof page === 'string') return page;
  const end = await browser.follow(await browser.submit(page.url, { user, answer: 'sign-in' }, { origin }), origin);
  if (typeof end !== 'string') throw new Error('the browser is still at a page');
  return end;
}
