import { describe, expect, it, onTestFinished } from 'vitest';
import { createGraph, type GraphSettings } from '#adapters/graph/graph.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { Graph, SubscriptionRequest } from '#ports/graph.ts';
import type { Outbound } from '#ports/outbound.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { people } from '#simulator/teams/directory.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { hour, minute, type Rig, start, startGraph } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const authority = createCertificateAuthority(Date.now());
const tls = authority.issue(['localhost'], Date.now());

interface Talk extends Rig {
  /** Requests that have no answer yet. */
  underWay(): number;
  client(more?: Partial<GraphSettings>): Graph;
  subscription(more?: Partial<SubscriptionRequest>): SubscriptionRequest;
}

/** A simulated Graph, and the client that talks to it over TLS and the rules for hosts. */
async function startTalk(given: Parameters<typeof startGraph>[0] = {}): Promise<Talk> {
  const rig = await startGraph({ tls, ...given });
  const outbound = createOutbound({
    ...{ cloud: 'global', extraHosts: [`localhost:${rig.graph.port}`], ca: authority.cert, clock: systemClock },
  });
  onTestFinished(() => outbound.close());
  let underWay = 0;
  const counted: Outbound = {
    request(url, request) {
      underWay++;
      return outbound.request(url, request).finally(() => underWay--);
    },
  };
  const { tenant, graph } = rig;
  return {
    ...rig,
    underWay: () => underWay,
    client: (more = {}) =>
      createGraph({
        ...{
          baseUrl: graph.url,
          version: 'v1.0',
          outbound: counted,
          clock: createHurriedClock(start),
          ids: createSeededIds(3),
        },
        identity: { token: async () => ({ ok: true, token: { value: rig.delegated(), expiresAt: start + hour } }) },
        ...more,
      }),
    subscription: (more = {}) => ({
      ...{ changeType: 'created,updated', resource: `users/${tenant.serviceUserId}/chats/getAllMessages` },
      ...{ notificationUrl: graph.notificationUrl, lifecycleNotificationUrl: graph.notificationUrl },
      ...{ clientState: 'a secret of ours', expiresAt: start + 24 * hour },
      encryption: { id: tenant.certificate.id, certificate: tenant.certificate.der },
      ...more,
    }),
  };
}

function said(chat: string, id: string, at: number, modified = at): TeamsChange {
  const message = {
    ...chatMessage({
      ...{ chatId: chat, messageId: id, from: people[0]!, at, importance: 'normal' },
      ...{ content: `<p>${id}</p>`, locale: 'en-us' },
    }),
    lastModifiedDateTime: new Date(modified).toISOString(),
  };
  const members = [people[0]!.id, '7a0e0000-0000-4000-8000-0000000000aa'];
  return { kind: 'message', changeType: modified === at ? 'created' : 'updated', message, members };
}

describe('the Graph client, against simulated Graph', () => {
  it('makes a subscription, finds it, renews it, reauthorises it and deletes it', async () => {
    const talk = await startTalk();
    const graph = talk.client();
    const created = await graph.createSubscription(talk.subscription());
    expect(created).toMatchObject({
      ...{ ok: true, requestId: expect.any(String) },
      value: {
        includeResourceData: true,
        expiresAt: start + 24 * hour,
        encryptionCertificateId: talk.tenant.certificate.id,
      },
    });
    if (!created.ok) throw new Error(created.reason);
    const { id } = created.value;
    expect(await graph.listSubscriptions()).toMatchObject({ ok: true, value: [{ id }] });
    expect(await graph.getSubscription(id)).toMatchObject({ ok: true, value: { id } });
    expect(await graph.renewSubscription(id, { expiresAt: start + 48 * hour })).toMatchObject({
      ...{ ok: true, value: { id, expiresAt: start + 48 * hour } },
    });
    await talk.pass(11 * minute);
    expect(await graph.reauthorizeSubscription(id)).toMatchObject({ ok: true });
    expect(talk.graph.stats().tenMinuteViolations).toBe(0);
    expect(await graph.deleteSubscription(id)).toMatchObject({ ok: true });
    expect(await graph.deleteSubscription(id)).toMatchObject({ ok: true });
    expect(await graph.getSubscription(id)).toMatchObject({ ok: false, reason: 'not-found' });
    expect(await graph.listSubscriptions()).toMatchObject({ ok: true, value: [] });
    expect(talk.graph.stats().delivered).toBe(0);
  });

  it('finds out which subscription is there already', async () => {
    const talk = await startTalk();
    const graph = talk.client();
    const created = await graph.createSubscription(talk.subscription());
    expect(await graph.createSubscription(talk.subscription())).toMatchObject({
      ...{ ok: false, reason: 'conflict', status: 409 },
      existingId: created.ok ? created.value.id : undefined,
    });
  });

  it('makes a basic subscription in beta, and hears what Graph refuses', async () => {
    const talk = await startTalk({ quotas: { perUser: 1 } });
    const { encryption: _, ...basic } = talk.subscription();
    expect(await talk.client({ version: 'beta' }).createSubscription(basic)).toMatchObject({
      ...{ ok: true, value: { includeResourceData: false } },
    });
    const other = { ...talk.subscription(), changeType: 'created' };
    expect(await talk.client().createSubscription(other)).toMatchObject({ ok: false, reason: 'quota' });
    const url = 'EventHub:https://elsewhere.example/';
    expect(await talk.client().createSubscription({ ...basic, notificationUrl: url })).toMatchObject({
      ...{ ok: false, reason: 'rejected', status: 400 },
    });
  });

  it('knows who is signed in, and what is not permitted', async () => {
    const talk = await startTalk();
    expect(await talk.client().me()).toMatchObject({ ok: true, value: { id: talk.tenant.serviceUserId } });
    const token = talk.delegated({ scopes: ['User.Read'] });
    const identity = { token: async () => ({ ok: true, token: { value: token, expiresAt: 0 } }) as const };
    expect(await talk.client({ identity }).chats(start)).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(await talk.client().message('19:none@thread.v2', '1')).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it('replaces a token that ran out', async () => {
    const talk = await startTalk();
    const old = talk.delegated({ expiresAt: start - 1 });
    const asked: unknown[] = [];
    const identity: GraphSettings['identity'] = {
      async token(options) {
        asked.push(options);
        const value = options?.force === true ? talk.delegated() : old;
        return { ok: true, token: { value, expiresAt: start + hour } };
      },
    };
    expect(await talk.client({ identity }).me()).toMatchObject({ ok: true });
    expect(asked).toEqual([undefined, { force: true }]);
  });

  it('lists chats and reads their messages over many pages', async () => {
    const talk = await startTalk();
    const chats = Array.from({ length: 120 }, (_, n) => `19:${String(n).padStart(3, '0')}@thread.v2`);
    await talk.graph.happened(chats.map((chat, n) => said(chat, `m${n}`, start + n * minute)));
    const long = chats[119]!;
    await talk.graph.happened(
      Array.from({ length: 130 }, (_, n) => said(long, `long-${n}`, start + 3 * hour + n * 1_000)),
    );
    await talk.graph.happened([said(long, 'edited', start + 3 * hour + 500, start + 20 * hour)]);
    const graph = talk.client({ deadlineMs: 120_000 });
    const found = await graph.chats(start + 20 * minute);
    expect(found.ok && found.value.map(({ id }) => id)).toEqual(chats.slice(20).reverse());
    const read = await graph.messages(long, start + 3 * hour, start + 3 * hour + 100_000);
    expect(read.ok && read.value.map(({ id }) => id)).toEqual([
      'edited',
      ...Array.from({ length: 100 }, (_, n) => `long-${99 - n}`),
    ]);
    const one = await graph.message(long, 'long-7');
    expect(one).toMatchObject({ ok: true, value: { id: 'long-7', chatId: long } });
  });

  it.each([
    ['throttled', 'throttled'],
    ['throttled-silently', 'throttled'],
    ['unavailable', 'unavailable'],
    ['unreachable', 'unavailable'],
    ['permission-missing', 'forbidden'],
  ])('says what it is while the fault %s lasts, and works again when it is over', async (fault, reason) => {
    const talk = await startTalk();
    const graph = talk.client({ deadlineMs: 5_000 });
    await talk.graph.faults.start(fault);
    expect(await graph.me()).toMatchObject({ ok: false, reason });
    await talk.graph.faults.stop(fault);
    // The pause that Graph asked for is kept also by what comes after it.
    expect(await talk.client({ deadlineMs: 60_000 }).me()).toMatchObject({ ok: true });
  });

  it('never goes over a documented limit', async () => {
    const talk = await startTalk({ limits: 'documented' });
    await talk.graph.happened([said('19:a@thread.v2', '1', start)]);
    const { clock } = talk;
    const graph = talk.client({ clock, deadlineMs: 600_000 });
    let left = 3;
    const ended = <T>(work: Promise<T>) => work.finally(() => left--);
    const work = [
      ended(Promise.all(Array.from({ length: 100 }, () => graph.message('19:a@thread.v2', '1')))),
      ended(Promise.all(Array.from({ length: 40 }, () => graph.listSubscriptions()))),
      ended(Promise.all(Array.from({ length: 300 }, () => graph.deleteSubscription('none')))),
    ];
    while (left > 0) {
      // Time stands still for what is under way: what goes out together arrives together.
      await eventually('all is answered', () => talk.underWay() === 0);
      clock.advance(100);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    const results = (await Promise.all(work)).flat();
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(talk.graph.stats()).toMatchObject({ overLimit: 0 });
    expect(talk.graph.stats().statuses['429']).toBeUndefined();
  });
});
