import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGraph, type GraphSettings } from '#adapters/graph/graph.ts';
import type { GraphCallReport } from '#adapters/graph/request.ts';
import type { Graph, SubscriptionRequest } from '#ports/graph.ts';
import type { IdentityFailure, TokenResult } from '#ports/identity.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { plainOutbound, type RawGraph, startRawGraph } from '#test/adapters/graph/raw-graph.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { troubleOf } from '#workflows/activities/trouble.ts';

const start = Date.parse('2026-11-21T14:05:00.000Z');
const request: SubscriptionRequest = {
  ...{ changeType: 'created,updated', resource: 'users/1/chats/getAllMessages', clientState: 'SECRET-STATE' },
  ...{ notificationUrl: 'EventHub:https://n.servicebus.windows.net/eventhubname/h?tenantId=contoso.com' },
  ...{ lifecycleNotificationUrl: 'EventHub:https://n.servicebus.windows.net/eventhubname/h?tenantId=contoso.com' },
  ...{ expiresAt: start + 3_600_000, encryption: { id: 'cert-1', certificate: 'Q0VSVA==' } },
};
const subscription = {
  ...{ id: 'sub-1', resource: request.resource, changeType: request.changeType, includeResourceData: true },
  ...{ notificationUrl: request.notificationUrl, expirationDateTime: '2026-11-21T15:05:00.0000000Z' },
  ...{ encryptionCertificateId: 'cert-1', clientState: null },
};
const error = (code: string, message: string) => ({
  error: { code, message, innerError: { 'request-id': 'inner-1' } },
});

describe('the Graph client', () => {
  let server: RawGraph;
  let clock: ReturnType<typeof createHurriedClock>;
  let tokens: (boolean | undefined)[];
  let tokenAnswer: TokenResult | undefined;
  let reports: GraphCallReport[];

  const client = (more: Partial<GraphSettings> = {}): Graph =>
    createGraph({
      ...{ baseUrl: server.baseUrl, version: 'v1.0', outbound: plainOutbound, clock, ids: createSeededIds(1) },
      identity: {
        async token(options) {
          tokens.push(options?.force);
          const value = `SECRET-TOKEN-${tokens.length}`;
          return tokenAnswer ?? { ok: true, token: { value, expiresAt: start + 3_600_000 } };
        },
      },
      observe: (report) => reports.push(report),
      ...more,
    });

  beforeEach(async () => {
    server = await startRawGraph();
    [clock, tokens, tokenAnswer, reports] = [createHurriedClock(start), [], undefined, []];
  });
  afterEach(() => server.close());

  it('creates a subscription with all that Graph asks for', async () => {
    server.answer({ status: 201, body: subscription });
    expect(await client().createSubscription(request)).toEqual({
      ...{ ok: true, requestId: 'req-1' },
      value: {
        ...{ id: 'sub-1', resource: request.resource, changeType: request.changeType, includeResourceData: true },
        ...{
          notificationUrl: request.notificationUrl,
          expiresAt: request.expiresAt,
          encryptionCertificateId: 'cert-1',
        },
      },
    });
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/v1.0/subscriptions' });
    expect(seen?.headers['authorization']).toBe('Bearer SECRET-TOKEN-1');
    expect(seen?.headers['client-request-id']).toBe(reports[0]?.clientRequestId);
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      ...{ changeType: 'created,updated', resource: request.resource, clientState: 'SECRET-STATE' },
      ...{ notificationUrl: request.notificationUrl, lifecycleNotificationUrl: request.lifecycleNotificationUrl },
      ...{ expirationDateTime: '2026-11-21T15:05:00.000Z', includeResourceData: true },
      ...{ encryptionCertificate: 'Q0VSVA==', encryptionCertificateId: 'cert-1' },
    });
  });

  it('tells Graph where notifications go that are too large for the hub', async () => {
    server.answer({ status: 201, body: subscription });
    const blobStoreUrl = 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com';
    await client().createSubscription({ ...request, blobStoreUrl });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ blobStoreUrl });
  });

  it('asks the version that it is set to', async () => {
    server.answer({ body: { id: 'u1', userPrincipalName: 'desk@contoso.com' } });
    expect(await client({ version: 'beta' }).me()).toMatchObject({ ok: true, value: { id: 'u1' } });
    expect(server.seen[0]?.url).toBe('/beta/me?$select=id,userPrincipalName');
  });

  it.each([
    ['seconds', '7', 7_000],
    ['a date', new Date(start + 9_000).toUTCString(), 9_000],
  ])('waits as long as Retry-After says in %s', async (_what, header, ms) => {
    server.answer({ status: 429, headers: { 'retry-after': header }, body: {} }, { body: subscription });
    const before = clock.monotonic();
    expect(await client().getSubscription('sub-1')).toMatchObject({ ok: true });
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(ms);
    expect(reports).toMatchObject([{ operation: 'subscription-get', outcome: 'ok', attempts: 2 }]);
  });

  it('waits by itself where a throttled answer does not say how long, for a POST too', async () => {
    server.answer({ status: 429, body: {} }, { status: 429, body: {} }, { status: 201, body: subscription });
    const before = clock.monotonic();
    expect(await client().createSubscription(request)).toMatchObject({ ok: true });
    expect(clock.monotonic()).toBeGreaterThan(before);
    expect(server.seen).toHaveLength(3);
  });

  it('says that it is throttled when the wait is longer than the time it has, and sends nothing before', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '120' }, body: error('TooManyRequests', 'Too many') });
    const graph = client();
    expect(await graph.message('19:x@thread.v2', '1')).toMatchObject({
      ...{ ok: false, reason: 'throttled', retryAfterMs: 120_000, code: 'TooManyRequests' },
    });
    const second = await graph.message('19:x@thread.v2', '2');
    expect(second).toMatchObject({ ok: false, reason: 'throttled' });
    expect(server.seen).toHaveLength(1);
  });

  it('says how long Graph asks to wait while it is away, and sends nothing before', async () => {
    server.answer(
      { status: 503, headers: { 'retry-after': '120' }, body: error('serviceNotAvailable', 'The service is away.') },
      { body: { id: '2' } },
    );
    const graph = client();
    const first = await graph.message('19:x@thread.v2', '1');
    expect(first).toMatchObject({ ok: false, reason: 'unavailable', status: 503, retryAfterMs: 120_000 });
    const second = await graph.message('19:x@thread.v2', '2');
    expect(second).toMatchObject({
      ...{ ok: false, reason: 'unavailable', detail: 'the wait that it asked for is not over' },
    });
    for (const answer of [first, second]) {
      const trouble = answer.ok ? undefined : troubleOf(answer, 'graph');
      expect(trouble).toMatchObject({ word: 'graph-away', kind: 'soon' });
      expect(trouble?.retryAfterMs).toBeGreaterThan(100_000);
    }
    expect(server.seen).toHaveLength(1);
    await clock.sleep(120_000);
    expect(await graph.message('19:x@thread.v2', '2')).toMatchObject({ ok: true });
  });

  it('holds back writes after a creation that Graph could not see to', async () => {
    server.answer({ status: 503, headers: { 'retry-after': '120' }, body: {} }, { body: subscription });
    const graph = client();
    expect(await graph.createSubscription(request)).toMatchObject({ ok: false, reason: 'unknown-outcome' });
    expect(await graph.renewSubscription('sub-1', { expiresAt: start })).toMatchObject({ reason: 'unavailable' });
    expect(server.seen).toHaveLength(1);
    expect(await graph.getSubscription('sub-1')).toMatchObject({ ok: true });
  });

  it('waits out a short 503 as long as it asks, and asks again after five minutes whatever it asks', async () => {
    server.answer({ status: 503, headers: { 'retry-after': '9' }, body: {} }, { body: subscription });
    const before = clock.monotonic();
    const graph = client();
    expect(await graph.getSubscription('sub-1')).toMatchObject({ ok: true });
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(9_000);
    server.answer({ status: 503, headers: { 'retry-after': '86400' }, body: {} }, { body: subscription });
    expect(await graph.getSubscription('sub-1')).toMatchObject({ reason: 'unavailable', retryAfterMs: 300_000 });
    await clock.sleep(300_000);
    expect(await graph.getSubscription('sub-1')).toMatchObject({ ok: true });
  });

  it('repeats a read whose answer was lost, and a PATCH, and never a creation', async () => {
    server.answer('lose', { body: subscription });
    expect(await client().getSubscription('sub-1')).toMatchObject({ ok: true });
    server.answer('lose', { body: subscription });
    expect(await client().renewSubscription('sub-1', { expiresAt: start })).toMatchObject({ ok: true });
    const before = server.seen.length;
    server.answer('lose', { status: 201, body: subscription });
    expect(await client().createSubscription(request)).toMatchObject({ ok: false, reason: 'unknown-outcome' });
    expect(await client().reauthorizeSubscription('sub-1')).toMatchObject({ ok: true });
    expect(server.seen).toHaveLength(before + 2);
  });

  it.each([500, 503, 504])('takes %i to a creation for an unknown outcome', async (status) => {
    server.answer({ status, body: error('serviceNotAvailable', 'later') });
    expect(await client().createSubscription(request)).toMatchObject({ reason: 'unknown-outcome', status });
    expect(server.seen).toHaveLength(1);
  });

  it('knows that nothing was sent where there is no connection', async () => {
    const baseUrl = server.baseUrl;
    await server.close();
    expect(await client({ baseUrl, deadlineMs: 3_000 }).createSubscription(request)).toMatchObject({
      ...{ ok: false, reason: 'unavailable' },
    });
    server = await startRawGraph();
  });

  it('gives up after its deadline with what Graph said last', async () => {
    server.answer({ status: 503, body: error('serviceNotAvailable', 'The service is away.') });
    const before = clock.monotonic();
    expect(await client({ deadlineMs: 20_000 }).me()).toMatchObject({
      ...{ ok: false, reason: 'unavailable', status: 503, detail: 'The service is away.', requestId: 'req-1' },
    });
    expect(clock.monotonic() - before).toBeLessThanOrEqual(20_000);
    expect(server.seen.length).toBeGreaterThan(1);
  });

  it('sends nothing when the token took all the time there was, and says that nothing was done', async () => {
    const slow = client({
      identity: {
        async token() {
          await clock.sleep(35_000);
          return { ok: true, token: { value: 't', expiresAt: start + 3_600_000 } };
        },
      },
    });
    expect(await slow.createSubscription(request)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(server.seen).toEqual([]);
    expect(reports).toMatchObject([{ attempts: 0 }]);
  });

  it('asks for a new token once, and not again for every attempt that follows', async () => {
    server.answer(
      { status: 401, body: {} },
      { status: 503, body: {} },
      { status: 503, body: {} },
      { body: subscription },
    );
    expect(await client().getSubscription('sub-1')).toMatchObject({ ok: true });
    expect(tokens).toEqual([undefined, true, undefined, undefined]);
  });

  it('gets one new token when one is not taken, and no second', async () => {
    server.answer({ status: 401, body: error('InvalidAuthenticationToken', 'expired') }, { body: subscription });
    expect(await client().getSubscription('sub-1')).toMatchObject({ ok: true });
    expect(tokens).toEqual([undefined, true]);
    expect(server.seen[1]?.headers['authorization']).toBe('Bearer SECRET-TOKEN-2');
    server.answer({ status: 401, body: error('InvalidAuthenticationToken', 'expired') });
    tokens = [];
    expect(await client().createSubscription(request)).toMatchObject({ ok: false, reason: 'unauthorised' });
    expect(tokens).toEqual([undefined, true]);
  });

  it('hands on why there is no token, and asks nothing of Graph', async () => {
    const failure: IdentityFailure = {
      ...{ ok: false, reason: 'identity' },
      trouble: { kind: 'sign-in-again', code: 'AADSTS50173', what: 'The grant was revoked.', next: 'Sign in.' },
    };
    tokenAnswer = failure;
    expect(await client().listSubscriptions()).toEqual(failure);
    expect(server.seen).toEqual([]);
  });

  it('asks with a new token where a permission may have come back, and of what stays forbidden not for ten minutes', async () => {
    const missing = { status: 403, body: error('Forbidden', 'Insufficient privileges to complete the operation.') };
    const graph = client();
    server.answer(missing, { body: subscription });
    expect(await graph.reauthorizeSubscription('sub-1')).toMatchObject({ ok: true });
    expect(tokens).toEqual([undefined, true]);
    server.answer(missing);
    expect(await graph.createSubscription(request)).toMatchObject({ ok: false, reason: 'forbidden', status: 403 });
    expect(tokens).toEqual([undefined, true, undefined]);
    await clock.sleep(600_000);
    expect(await graph.createSubscription(request)).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(tokens).toEqual([undefined, true, undefined, undefined, true]);
  });

  it.each([
    [
      403,
      error('Forbidden', 'Operation: Create; Exception: [Status Code: Forbidden; Reason: reached its limit of 10]'),
      'quota',
    ],
    [404, error('ResourceNotFound', 'Not found'), 'not-found'],
    [410, error('Gone', 'Gone'), 'not-found'],
    [400, error('InvalidRequest', "Invalid event hub notification url='…'"), 'rejected'],
    [302, {}, 'rejected'],
  ])('says of %i what it means', async (status, body, reason) => {
    server.answer({ status, body, headers: { location: 'https://elsewhere.example/' } });
    expect(await client().createSubscription(request)).toMatchObject({ ok: false, reason, status });
    expect(server.seen).toHaveLength(1);
  });

  it('finds the id of the subscription that is there already', async () => {
    const id = '9f0c2ef1-61a6-4f32-8f3f-1c7b8f5a9d01';
    const message = `Subscription Id ${id} already exists for the requested combination`;
    server.answer({ status: 409, body: error('ExtensionError', message) });
    expect(await client().createSubscription(request)).toMatchObject({
      ...{ ok: false, reason: 'conflict', existingId: id },
      detail: 'Subscription Id <id> already exists for the requested combination',
    });
  });

  it('tells nothing personal or secret of what Graph repeats in its message', async () => {
    const message =
      'User ana@contoso.com (0f8fad5b-d9cb-469f-a165-70867728950e) in 19:abc@thread.v2 at https://x.example/?sig=abc with "SECRET-STATE-VALUE" and eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.a.b';
    server.answer({ status: 400, body: error('BadRequest', message) });
    const answer = await client().createSubscription(request);
    expect(answer).toMatchObject({ ok: false, reason: 'rejected' });
    for (const secret of ['ana', '0f8fad5b', '19:', 'abc', 'sig', 'SECRET', 'eyJ'])
      expect(JSON.stringify([answer, reports])).not.toContain(secret);
  });

  it.each([
    ['HTML', '<html>proxy</html>'],
    ['nothing', ''],
    ['a list', []],
    ['another object', { hello: 1 }],
  ])('takes %s for no answer of Graph’s', async (_what, body) => {
    server.answer({ status: 200, body: body as never });
    expect(await client({ deadlineMs: 2_000 }).getSubscription('s')).toMatchObject({ reason: 'unavailable' });
    expect(await client().createSubscription(request)).toMatchObject({ reason: 'unknown-outcome' });
  });

  it('is done when what it deletes is gone', async () => {
    server.answer({ status: 404, body: error('ResourceNotFound', 'gone') });
    expect(await client().deleteSubscription('sub-1')).toMatchObject({ ok: true });
    server.answer({ status: 204, body: '' });
    expect(await client().deleteSubscription('sub-1')).toMatchObject({ ok: true });
  });

  it('reads all pages, and never goes where a link points', async () => {
    server.answer(
      {
        body: { value: [subscription], '@odata.nextLink': 'https://evil.example/v1.0/subscriptions?$skiptoken=a%20b' },
      },
      { body: { value: [{ ...subscription, id: 'sub-2' }, 'garbage', { id: 7 }] } },
    );
    expect(await client().listSubscriptions()).toMatchObject({ ok: true, value: [{ id: 'sub-1' }, { id: 'sub-2' }] });
    expect(server.seen.map(({ url }) => url)).toEqual(['/v1.0/subscriptions', '/v1.0/subscriptions?$skiptoken=a%20b']);
  });

  it('ends when a link leads back, or on for ever', async () => {
    server.answer({ body: { value: [], '@odata.nextLink': `${server.baseUrl}/v1.0/subscriptions?$skiptoken=1` } });
    expect(await client().listSubscriptions()).toMatchObject({ ok: false, code: 'brokenPaging' });
    expect(server.seen).toHaveLength(2);
    server.answer(
      ...Array.from({ length: 200 }, (_, n) => ({
        body: { value: [], '@odata.nextLink': `https://graph.microsoft.com/v1.0/me/chats?$skiptoken=${n}` },
      })),
    );
    expect(await client({ deadlineMs: 600_000 }).chats(start)).toMatchObject({ ok: false, code: 'tooManyPages' });
    expect(server.seen).toHaveLength(102);
  });

  it('lists the chats that had a message since, and stops where older ones begin', async () => {
    const chat = (id: string, at?: string) => ({
      id,
      lastMessagePreview: at === undefined ? null : { createdDateTime: at },
    });
    server.answer(
      { body: { value: [chat('a', '2026-11-21T14:06:00Z'), chat('b')], '@odata.nextLink': 'https://g/?$skiptoken=1' } },
      { body: { value: [chat('c', '2026-11-21T14:04:00Z')], '@odata.nextLink': 'https://g/?$skiptoken=2' } },
    );
    expect(await client().chats(start)).toMatchObject({
      ...{ ok: true, value: [{ id: 'a', lastMessageAt: '2026-11-21T14:06:00.000Z' }, { id: 'b' }] },
    });
    expect(server.seen).toHaveLength(2);
    expect(decodeURIComponent(server.seen[0]?.url ?? '')).toContain('$orderby=lastMessagePreview/createdDateTime desc');
  });

  it('reads the messages of a time, edited ones by either of their times', async () => {
    const message = (id: string, created: string, changed = created) => ({
      ...{ id, createdDateTime: `2026-11-21T${created}Z`, lastModifiedDateTime: `2026-11-21T${changed}Z` },
    });
    const value = [
      ...[message('later', '14:30:00'), message('edited later', '14:10:00', '14:40:00')],
      ...[message('within', '14:10:00'), message('edited within', '14:01:00', '14:10:00'), message('old', '14:01:00')],
      ...[message('first', '14:05:00'), message('end', '14:20:00')],
    ];
    server.answer({ body: { value } });
    const read = await client().messages('19:a/b@thread.v2', start, start + 900_000);
    expect(read.ok && read.value.map(({ id }) => id)).toEqual(['edited later', 'within', 'edited within', 'first']);
    expect(server.seen[0]?.url).toMatch(/^\/v1\.0\/chats\/19%3Aa%2Fb%40thread\.v2\/messages\?\$top=50/);
    expect(server.seen[0]?.url).toContain('lastModifiedDateTime%20gt%202026-11-21T14%3A04%3A59.999Z');
  });

  it('keeps below the documented limits however much is asked for', async () => {
    server.answer({ body: { id: '1' } });
    const graph = client({ deadlineMs: 600_000 });
    const before = clock.monotonic();
    await Promise.all(Array.from({ length: 104 }, (_, n) => graph.message('19:x@thread.v2', String(n))));
    // Six at once, eighteen a second from then on.
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(5_400);
    expect(server.seen).toHaveLength(104);
  });
});
