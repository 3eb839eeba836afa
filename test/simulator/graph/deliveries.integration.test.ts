import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import type { MessageToPublish, PublishResult } from '#ports/event-publisher.ts';
import { people } from '#simulator/teams/directory.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { notificationOpener } from '#test/simulator/graph/opened.ts';
import { hour, minute, noticesOf, type Rig, start, startGraph, webhookTls } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';

const subscriptions = 'v1.0/subscriptions';
const chatId = '19:0123456789abcdef@thread.v2';

function said(rig: Rig, id: string, more: Partial<Extract<TeamsChange, { kind: 'message' }>> = {}): TeamsChange {
  const from = people[0]!;
  const message = chatMessage({
    chatId,
    messageId: id,
    from,
    at: rig.clock.now(),
    importance: 'normal',
    content: `<p>${id}</p>`,
    locale: 'en-us',
  });
  return { kind: 'message', changeType: 'created', message, members: [from.id, rig.tenant.serviceUserId], ...more };
}

async function subscribed(rig: Rig, more: Record<string, unknown> = {}): Promise<string> {
  const made = await rig.request('POST', subscriptions, {
    body: rig.chatBody({ expirationDateTime: new Date(rig.clock.now() + 71 * hour).toISOString(), ...more }),
  });
  expect(made.status).toBe(201);
  rig.published.length = 0;
  return String(made.body['id']);
}

const idsOf = (rig: Rig) =>
  noticesOf(rig.published).flatMap(({ resourceData }) =>
    resourceData === undefined ? [] : [(resourceData as JsonObject)['id']],
  );
const lifecycleOf = (rig: Rig) =>
  noticesOf(rig.published).flatMap(({ lifecycleEvent }) => (lifecycleEvent === undefined ? [] : [lifecycleEvent]));
const outcomes = async (rig: Rig, ...changes: TeamsChange[]) =>
  (await rig.graph.happened(changes)).map((each) => each.map(({ outcome }) => outcome));

describe('a notice of simulated Graph', () => {
  it('is rich, encrypted to the certificate of the subscription, with its clientState and end', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    const change = said(rig, '1');
    expect(await rig.graph.happened([change])).toEqual([[{ subscriptionId: id, feed: 'chat', outcome: 'delivered' }]]);
    const [notice] = noticesOf(rig.published);
    expect(notice).toMatchObject({
      subscriptionId: id,
      tenantId: rig.tenant.id,
      clientState: 'a secret of ours',
      changeType: 'created',
      subscriptionExpirationDateTime: new Date(start + 71 * hour).toISOString(),
      resource: `chats('${chatId}')/messages('1')`,
      resourceData: { id: '1', '@odata.type': '#Microsoft.Graph.chatMessage' },
      encryptedContent: { encryptionCertificateId: rig.tenant.certificate.id },
    });
    const open = await notificationOpener();
    const other = await subscribedWith(rig, open.certificate);
    await rig.graph.happened([said(rig, '2')]);
    const mine = noticesOf(rig.published).find(({ subscriptionId }) => subscriptionId === other);
    expect(open(mine?.['encryptedContent'] as JsonObject)).toMatchObject({
      id: '2',
      chatId,
      body: { content: '<p>2</p>' },
    });
  });

  it('is basic for a subscription without content, which is then fetched by the path that it names', async () => {
    const rig = await startGraph();
    await subscribed(rig, { includeResourceData: false });
    await rig.graph.happened([said(rig, '1')]);
    const [notice] = noticesOf(rig.published);
    expect(notice).not.toHaveProperty('encryptedContent');
    const fetched = await rig.request('GET', `v1.0/${String(notice?.['resource'])}`);
    expect(fetched).toMatchObject({ status: 200, body: { id: '1', chatId, body: { content: '<p>1</p>' } } });
  });

  it('goes to those who are concerned alone', async () => {
    const rig = await startGraph();
    await subscribed(rig, { changeType: 'updated' });
    expect(await outcomes(rig, said(rig, '1'))).toEqual([[]]);
    expect(await outcomes(rig, said(rig, '1', { changeType: 'updated' }))).toEqual([['delivered']]);
    expect(await outcomes(rig, said(rig, '2', { changeType: 'updated', members: [people[0]!.id] }))).toEqual([[]]);
    const event = { id: 'c1', emergencyCallEvent: {} };
    const call = { kind: 'call', policy: 'EmergencyPolicy-US', event } as const;
    expect(await outcomes(rig, call)).toEqual([[]]);
    await rig.request('POST', subscriptions, { body: rig.eventsBody('EmergencyPolicy-US'), token: rig.application() });
    expect(await outcomes(rig, call, { ...call, policy: 'EmergencyPolicy-DE' })).toEqual([['delivered'], []]);
  });

  it('is a CloudEvent for an Event Grid address, and goes by Key Vault address to the hub', async () => {
    const rig = await startGraph();
    const topic =
      'EventGrid:?azuresubscriptionid=8b8f0000-0000-4000-8000-000000000000&resourcegroup=rg&partnertopic=calls&location=westeurope';
    await subscribed(rig, { notificationUrl: topic, lifecycleNotificationUrl: topic, changeType: 'created' });
    const vault = 'EventHub:https://simulated.vault.azure.net/secrets/hub?tenantId=contoso.example';
    await subscribed(rig, { notificationUrl: vault, lifecycleNotificationUrl: vault });
    await rig.graph.happened([said(rig, '1')]);
    expect(rig.published).toMatchObject([
      { specversion: '1.0', type: 'Microsoft.Graph.ChatMessageCreated' },
      { value: [{ changeType: 'created' }] },
    ]);
    expect(rig.contentTypes.slice(-2)).toEqual(['application/cloudevents+json', 'application/json']);
  });

  it('is tried again while the hub does not take it, in order', async () => {
    const rig = await startGraph();
    await subscribed(rig);
    rig.hubAnswers({ ok: false, reason: 'unavailable', detail: 'gone' });
    expect(await outcomes(rig, said(rig, '1'))).toEqual([['failed']]);
    rig.hubAnswers(undefined);
    expect(await outcomes(rig, said(rig, '2'))).toEqual([['held']]);
    expect(idsOf(rig)).toEqual([]);
    await rig.pass(10_000);
    expect(idsOf(rig)).toEqual(['1', '2']);
  });
});

describe('notices that are too large for the hub together', () => {
  /** A hub that takes so many notices at a time, none that tells of `huge`, and nothing after so many. */
  async function narrow(most: number, closesAfter = Number.POSITIVE_INFINITY) {
    const taken: JsonObject[] = [];
    let isOpen = false;
    const publish = async (messages: readonly MessageToPublish[]): Promise<PublishResult> => {
      const bodies = messages.map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as JsonObject);
      if (!isOpen || taken.length >= closesAfter) return { ok: false, reason: 'unavailable', detail: 'gone' };
      if (messages.length > most || JSON.stringify(bodies).includes("messages('huge')"))
        return { ok: false, reason: 'too-large', detail: 'over the limit' };
      taken.push(...bodies);
      return { ok: true };
    };
    const open = () => {
      isOpen = true;
      taken.length = 0;
    };
    open();
    const rig = await startGraph({
      hubs: [{ namespaces: ['simulated.servicebus.windows.net'], hub: 'teams-emergency', publisher: { publish } }],
    });
    await subscribed(rig);
    open();
    const idsTaken = () => idsOf({ ...rig, published: taken });
    return { rig, idsTaken, open, close: () => (isOpen = false) };
  }
  const five = ['1', '2', 'huge', '4', '5'];

  it('go in smaller numbers and in order at once, and only one that is so by itself is lost', async () => {
    const { rig, idsTaken } = await narrow(2);
    const told = await outcomes(rig, ...five.map((id) => said(rig, id)));
    expect(told.flat()).toEqual(['delivered', 'delivered', 'lost', 'delivered', 'delivered']);
    expect(idsTaken()).toEqual(['1', '2', '4', '5']);
    expect(rig.graph.stats()).toMatchObject({ delivered: 4, lost: 1, held: 0 });
  });

  it('go in smaller numbers and in order once they have been held, and only one that is so by itself is lost', async () => {
    const { rig, idsTaken, open, close } = await narrow(2);
    close();
    expect((await outcomes(rig, ...five.map((id) => said(rig, id)))).flat()).toEqual(five.map(() => 'failed'));
    open();
    await rig.pass(10_000);
    expect(idsTaken()).toEqual(['1', '2', '4', '5']);
    expect(rig.graph.stats()).toMatchObject({ delivered: 4, lost: 1, held: 0 });
  });

  it('wait from the one on that the hub did not take any more', async () => {
    const { rig, idsTaken, open } = await narrow(1, 2);
    const told = await outcomes(rig, ...five.map((id) => said(rig, id)));
    expect(told.flat()).toEqual(['delivered', 'delivered', 'failed', 'failed', 'failed']);
    open();
    await rig.pass(10_000);
    expect(idsTaken()).toEqual(['4', '5']);
    open();
    await rig.pass(10_000);
    expect(idsTaken()).toEqual([]);
    expect(rig.graph.stats()).toMatchObject({ delivered: 4, lost: 1, held: 0 });
  });
});

async function subscribedWith(rig: Rig, certificate: string): Promise<string> {
  return subscribed(rig, {
    changeType: 'created',
    encryptionCertificate: certificate,
    encryptionCertificateId: 'another',
  });
}

describe('when the token of a subscription runs out', () => {
  it('a notice of it comes 15 minutes before and every 15 minutes; delivery pauses, and goes on in order after reauthorisation', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    await rig.pass(45 * minute - 1);
    expect(lifecycleOf(rig)).toEqual([]);
    await rig.pass(1);
    expect(noticesOf(rig.published)).toMatchObject([
      { subscriptionId: id, clientState: 'a secret of ours', lifecycleEvent: 'reauthorizationRequired' },
    ]);
    await rig.pass(14 * minute);
    expect(lifecycleOf(rig)).toHaveLength(1);
    await rig.pass(minute);
    expect(lifecycleOf(rig)).toHaveLength(2);
    expect(rig.events.at(-2)).toMatchObject({ kind: 'paused', at: start + hour });
    expect(await outcomes(rig, said(rig, '1'), said(rig, '2'))).toEqual([['held'], ['held']]);
    await rig.pass(hour);
    expect(idsOf(rig)).toEqual([]);
    expect((await rig.request('POST', `${subscriptions}/${id}/reauthorize`)).status).toBe(204);
    await rig.graph.tick();
    expect(idsOf(rig)).toEqual(['1', '2']);
    expect(await outcomes(rig, said(rig, '3'))).toEqual([['delivered']]);
    expect(rig.events.map(({ kind }) => kind)).toContain('resumed');
  });

  it('delivery pauses for an application whose consent was taken back, whatever it asks for, until it has it again', async () => {
    const rig = await startGraph();
    const policy = 'EmergencyPolicy-US';
    const made = await rig.request('POST', subscriptions, { body: rig.eventsBody(policy), token: rig.application() });
    const reauthorize = (token: string) =>
      rig.request('POST', `${subscriptions}/${String(made.body['id'])}/reauthorize`, { token });
    const call = (id: string) => ({ kind: 'call', policy, event: { id } }) as const;
    await rig.pass(hour - 1);
    // As Entra issues them then.
    expect((await reauthorize(rig.application({ roles: [] }))).status).toBe(403);
    expect(await outcomes(rig, call('1'))).toEqual([['delivered']]);
    await rig.pass(1);
    expect((await reauthorize(rig.application({ roles: [] }))).status).toBe(403);
    expect(await outcomes(rig, call('2'))).toEqual([['held']]);
    expect((await reauthorize(rig.application())).status).toBe(204);
    await rig.graph.tick();
    expect(await outcomes(rig, call('3'))).toEqual([['delivered']]);
    expect(rig.graph.stats()).toMatchObject({ delivered: 3, held: 0 });
  });

  it('what was held for four hours is dropped, what came later is not', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    await rig.pass(hour);
    await rig.graph.happened([said(rig, 'lost')]);
    await rig.pass(2 * hour);
    await rig.graph.happened([said(rig, 'kept')]);
    await rig.pass(2 * hour);
    expect(rig.graph.stats()).toMatchObject({ held: 1, dropped: 1 });
    await rig.request('PATCH', `${subscriptions}/${id}`, {
      body: { expirationDateTime: new Date(rig.clock.now() + hour).toISOString() },
    });
    await rig.graph.tick();
    expect(idsOf(rig)).toEqual(['kept']);
  });

  it('the end of the subscription drops what was held, without a notice', async () => {
    const rig = await startGraph();
    await subscribed(rig, { expirationDateTime: new Date(start + 2 * hour).toISOString() });
    await rig.pass(hour);
    await rig.graph.happened([said(rig, '1')]);
    rig.published.length = 0;
    await rig.pass(hour);
    expect(rig.published).toEqual([]);
    expect(rig.graph.stats()).toMatchObject({ held: 0, dropped: 1 });
    expect(rig.events.filter(({ kind }) => kind === 'expired')).toMatchObject([{ at: start + 2 * hour }]);
    expect(await outcomes(rig, said(rig, '2'))).toEqual([[]]);
  });

  it('the same happens at once when sessions are revoked', async () => {
    const rig = await startGraph();
    await subscribed(rig);
    rig.graph.invalidateTokens({ userId: 'somebody else' });
    expect(await outcomes(rig, said(rig, '1'))).toEqual([['delivered']]);
    rig.graph.invalidateTokens({ userId: rig.tenant.serviceUserId });
    expect(await outcomes(rig, said(rig, '2'))).toEqual([['held']]);
    await rig.graph.tick();
    expect(lifecycleOf(rig)).toEqual(['reauthorizationRequired']);
  });

  it('all of it happens by the clock alone', async () => {
    const rig = await startGraph();
    await subscribed(rig);
    const due = rig.graph.nextDue();
    expect(due).toBe(start + 45 * minute);
    await woken(rig, 45 * minute, () => lifecycleOf(rig).length === 1);
  });
});

/** Moves time on until the simulator, asleep till then, has done something. */
async function woken(rig: Rig, ms: number, done: () => boolean): Promise<void> {
  await eventually('the simulator is asleep', () => rig.clock.sleepers() > 0);
  rig.clock.advance(ms);
  await eventually('the simulator has acted', done);
}

describe('a webhook', () => {
  async function listen(listener: RequestListener, secure: boolean): Promise<string> {
    const server = secure ? createHttps(webhookTls, listener) : createHttp(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http${secure ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}/hook?of=mine`;
  }

  it.each([true, false])('answers the handshake and gets notices (TLS: %s)', async (secure) => {
    const rig = await startGraph();
    const bodies: JsonObject[] = [];
    const url = await listen((request, response) => {
      const token = new URL(request.url ?? '', 'http://localhost').searchParams.get('validationToken');
      if (token !== null) return void response.writeHead(200, { 'content-type': 'text/plain' }).end(token);
      let text = '';
      request.on('data', (part) => (text += part));
      request.on('end', () => {
        bodies.push(JSON.parse(text) as JsonObject);
        response.writeHead(202).end();
      });
    }, secure);
    await subscribed(rig, { notificationUrl: url, lifecycleNotificationUrl: url });
    expect(await outcomes(rig, said(rig, '1'))).toEqual([['delivered']]);
    expect(bodies).toMatchObject([{ value: [{ changeType: 'created', resourceData: { id: '1' } }] }]);
    expect(rig.published).toEqual([]);
  });

  it('that does not answer with the token gets no subscription', async () => {
    const rig = await startGraph();
    const url = await listen(
      (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('no'),
      false,
    );
    const answer = await rig.request('POST', subscriptions, { body: rig.chatBody({ notificationUrl: url }) });
    expect(answer).toMatchObject({ status: 400, code: 'ValidationError' });
    expect(answer.message).toMatch(/^Subscription validation request failed\./);
  });
});
