import { describe, expect, it } from 'vitest';
import { rsaCertificate, withoutArmour } from '#test/simulator/graph/opened.ts';
import { hour, type Rig, start, startGraph, webhookTls } from '#test/simulator/graph/support.ts';

const subscriptions = 'v1.0/subscriptions';
const at = (ms: number) => new Date(start + ms).toISOString();
const required = (name: string) => `${name} is a required property for subscription creation`;

describe('a request for a chat subscription that Graph would refuse', () => {
  const cases: readonly (readonly [string, (rig: Rig) => Record<string, unknown>, number, string | RegExp])[] = [
    ['has no changeType', () => ({ changeType: undefined }), 400, required('changeType')],
    ['has no notificationUrl', () => ({ notificationUrl: undefined }), 400, required('notificationUrl')],
    ['has no resource', () => ({ resource: undefined }), 400, required('resource')],
    ['has no end', () => ({ expirationDateTime: undefined }), 400, required('expirationDateTime')],
    ['has an unknown property', () => ({ ChangeType: 'created' }), 400, /camelCased properly/],
    ['has a property of the wrong type', () => ({ includeResourceData: 'yes' }), 400, /camelCased properly/],
    ['has an end without a zone', () => ({ expirationDateTime: '2026-03-01T12:00:00' }), 400, /in UTC/],
    ['ends in the past', () => ({ expirationDateTime: at(-1) }), 400, /must be in the future/],
    [
      'lives over 4,320 minutes',
      () => ({ expirationDateTime: at(72 * hour + 1000) }),
      400,
      /beyond allowed max '3\.00:00:00'/,
    ],
    [
      'lives over an hour without a lifecycle address',
      () => ({ lifecycleNotificationUrl: undefined }),
      400,
      'lifecycleNotificationUrl is a required property for subscription creation on this resource when the expirationDateTime value is set to greater than 1 hour.',
    ],
    ['has a clientState of 129 characters', () => ({ clientState: 'x'.repeat(129) }), 400, /128 characters/],
    ['has an unknown change type', () => ({ changeType: 'created,moved' }), 400, /'moved' is not supported/],
    ['is for a resource that there is not', () => ({ resource: 'me/fridge' }), 400, /not supported/],
    [
      'is for a user that there is not',
      () => ({ resource: 'users/nobody@contoso.example/chats/getAllMessages' }),
      400,
      /does not exist/,
    ],
    [
      'is for the chats of somebody else',
      (rig) => ({ resource: `users/${rig.tenant.users[1]?.id}/chats/getAllMessages` }),
      403,
      /signed-in user only/,
    ],
    [
      'is for all chats of the tenant',
      () => ({ resource: 'chats/getAllMessages' }),
      403,
      /only supported with application permissions/,
    ],
    ['is for a chat that there is not', () => ({ resource: 'chats/19:none@thread.v2/messages' }), 404, /not found/],
    [
      'wants content without a certificate',
      () => ({ encryptionCertificate: undefined }),
      400,
      /encryptionCertificate is a required property/,
    ],
    [
      'wants content without an id of the certificate',
      () => ({ encryptionCertificateId: undefined }),
      400,
      /encryptionCertificateId is a required property/,
    ],
    [
      'has a certificate in PEM',
      () => ({ encryptionCertificate: '-----BEGIN CERTIFICATE-----' }),
      400,
      /base64-encoded X\.509/,
    ],
    ['has a certificate that is none', () => ({ encryptionCertificate: 'aGVsbG8=' }), 400, /base64-encoded X\.509/],
    [
      'has a certificate with a short key',
      () => ({ encryptionCertificate: rsaCertificate(1024) }),
      400,
      /2048 to 4096 bits/,
    ],
    [
      'has a certificate with a key that is not RSA',
      () => ({ encryptionCertificate: withoutArmour(webhookTls.cert) }),
      400,
      /must be an RSA key/,
    ],
    [
      'names another hub',
      () => ({
        notificationUrl:
          'EventHub:https://simulated.servicebus.windows.net/eventhubname/other?tenantId=contoso.example',
      }),
      400,
      /^Invalid event hub notification url='/,
    ],
    [
      'names another directory',
      () => ({
        notificationUrl:
          'EventHub:https://simulated.servicebus.windows.net/eventhubname/teams-emergency?tenantId=fabrikam.example',
      }),
      400,
      /^Invalid event hub notification url='/,
    ],
    [
      'leaves out eventhubname',
      () => ({
        notificationUrl: 'EventHub:https://simulated.servicebus.windows.net/teams-emergency?tenantId=contoso.example',
      }),
      400,
      /^Invalid event hub notification url='/,
    ],
    [
      'names a topic without its region',
      () => ({ notificationUrl: 'EventGrid:?azuresubscriptionid=a&resourcegroup=b&partnertopic=c' }),
      400,
      /^Invalid event grid notification url='/,
    ],
    [
      'delivers to another machine',
      () => ({ notificationUrl: 'https://example.com/hook' }),
      400,
      /on this machine only/,
    ],
    [
      'delivers to no URL',
      () => ({ lifecycleNotificationUrl: 'nowhere' }),
      400,
      /^lifecycleNotificationUrl is not a valid absolute/,
    ],
  ];

  it.each(cases)('%s', async (_, change, status, message) => {
    const rig = await startGraph();
    const answer = await rig.request('POST', subscriptions, { body: rig.chatBody(change(rig)) });
    expect(answer.status).toBe(status);
    if (typeof message === 'string') expect(answer.message).toBe(message);
    else expect(answer.message).toMatch(message);
    expect(answer.body['error']).toMatchObject({
      code: expect.stringMatching(/\w/),
      innerError: {
        date: '2026-03-01T08:00:00',
        'request-id': answer.headers.get('request-id'),
        'client-request-id': answer.headers.get('client-request-id'),
      },
    });
    expect(rig.graph.subscriptions()).toEqual([]);
  });

  it('names a hub that does not take the probe', async () => {
    const rig = await startGraph();
    rig.hubAnswers({ ok: false, reason: 'access-denied', detail: 'no claim to send' });
    const answer = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    expect(answer).toMatchObject({
      status: 400,
      message: `Invalid event hub notification url='${rig.graph.notificationUrl}'`,
    });
  });
});

describe('a subscription to emergency events', () => {
  const policy = 'EmergencyPolicy-US';

  it('is made by an application with its one permission, without a lifecycle address', async () => {
    const rig = await startGraph();
    const made = await rig.request('POST', subscriptions, { body: rig.eventsBody(policy), token: rig.application() });
    expect(made.status).toBe(201);
    const again = await rig.request('POST', 'beta/subscriptions', {
      body: rig.eventsBody(policy),
      token: rig.application(),
    });
    expect(again.status).toBe(409);
  });

  const cases: readonly (readonly [string, (rig: Rig) => { more?: object; token?: string }, number, RegExp])[] = [
    [
      'a signed-in user',
      (rig) => ({ token: rig.delegated({ scopes: ['CallEvents-Emergency.Read.All'] }) }),
      403,
      /only supported with application/,
    ],
    [
      'an application without the permission',
      (rig) => ({ token: rig.application({ roles: ['Chat.Read.All'] }) }),
      403,
      /API requires one of 'CallEvents-Emergency\.Read\.All'\. Roles on the request 'Chat\.Read\.All'\./,
    ],
    ['another change type', () => ({ more: { changeType: 'created' } }), 400, /'created' is not supported/],
    ['a basic one', () => ({ more: { includeResourceData: false } }), 400, /includeResourceData must be set to true/],
    [
      'over a day',
      () => ({ more: { expirationDateTime: at(24 * hour + 1000) } }),
      400,
      /beyond allowed max '1\.00:00:00'/,
    ],
  ];

  it.each(cases)('is refused to %s', async (_, change, status, message) => {
    const rig = await startGraph();
    const { more = {}, token = rig.application() } = change(rig);
    const answer = await rig.request('POST', subscriptions, { body: rig.eventsBody(policy, { ...more }), token });
    expect(answer.status).toBe(status);
    expect(answer.message).toMatch(message);
  });
});

describe('any request', () => {
  it.each<readonly [string, string, string, (rig: Rig) => object, number, string]>([
    ['without a token', 'GET', 'v1.0/me', () => ({ token: '' }), 401, 'InvalidAuthenticationToken'],
    ['with nonsense for a token', 'GET', 'v1.0/me', () => ({ token: 'nonsense' }), 401, 'InvalidAuthenticationToken'],
    [
      'with an expired token',
      'GET',
      'v1.0/me',
      (rig) => ({ token: rig.delegated({ expiresAt: start }) }),
      401,
      'InvalidAuthenticationToken',
    ],
    [
      'with a token of another tenant',
      'GET',
      'v1.0/me',
      (rig) => ({ token: rig.delegated({ tenantId: 'other' }) }),
      401,
      'InvalidAuthenticationToken',
    ],
    [
      'without the permission',
      'POST',
      subscriptions,
      (rig) => ({ token: rig.delegated({ scopes: ['User.Read'] }), body: rig.chatBody() }),
      403,
      'Forbidden',
    ],
    ['of another version', 'GET', 'v2.0/me', () => ({}), 400, 'BadRequest'],
    ['with a body that is no JSON', 'POST', subscriptions, () => ({ body: '{' }), 400, 'BadRequest'],
    ['with a body that is no object', 'POST', subscriptions, () => ({ body: [] }), 400, 'InvalidRequest'],
    ['for what there is not', 'GET', 'v1.0/drives', () => ({}), 400, 'BadRequest'],
    ['with the wrong method', 'PUT', subscriptions, () => ({ body: {} }), 405, 'Request_BadRequest'],
  ])('%s is refused in the shape of Graph', async (_, method, path, options, status, code) => {
    const rig = await startGraph();
    const answer = await rig.request(method, path, options(rig));
    expect(answer).toMatchObject({ status, code });
    expect(Object.keys(answer.body)).toEqual(['error']);
    expect(answer.headers.get('www-authenticate') !== null).toBe(status === 401);
  });

  it('over the documented limit is answered 429 with Retry-After until the time is over', async () => {
    const rig = await startGraph({ limits: 'documented' });
    for (let n = 0; n < 25; n++) expect((await rig.request('GET', subscriptions)).status).toBe(200);
    const refused = await rig.request('GET', subscriptions);
    expect(refused).toMatchObject({ status: 429, code: 'TooManyRequests' });
    expect(refused.headers.get('retry-after')).toBe('20');
    expect((await rig.request('GET', subscriptions, { token: rig.application() })).status).toBe(200);
    rig.clock.advance(20_000);
    expect((await rig.request('GET', subscriptions)).status).toBe(200);
    expect(rig.graph.stats()).toMatchObject({
      overLimit: 1,
      statuses: { 429: 1 },
      requests: { 'GET subscriptions': 28 },
    });
  });
});
