import { describe, expect, it } from 'vitest';
import { rsaCertificate } from '#test/simulator/graph/opened.ts';
import { hour, minute, noticesOf, start, startGraph } from '#test/simulator/graph/support.ts';

const subscriptions = 'v1.0/subscriptions';

describe('a subscription of simulated Graph', () => {
  it('is created with the probe in the hub, echoes its clientState once and never shows its certificate', async () => {
    const rig = await startGraph();
    const made = await rig.request('POST', subscriptions, {
      body: rig.chatBody(),
      headers: { 'client-request-id': 'my-own-id' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      applicationId: rig.tenant.chatClientId,
      creatorId: rig.tenant.serviceUserId,
      clientState: 'a secret of ours',
      changeType: 'created,updated',
      includeResourceData: true,
      encryptionCertificate: null,
      encryptionCertificateId: rig.tenant.certificate.id,
      expirationDateTime: new Date(start + 24 * hour).toISOString(),
    });
    expect(made.headers.get('client-request-id')).toBe('my-own-id');
    expect(made.headers.get('date')).toBe(new Date(start).toUTCString());
    expect(made.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const [probe, ...more] = noticesOf(rig.published);
    expect(more).toEqual([]);
    expect(probe).toMatchObject({
      subscriptionId: 'NA',
      clientState: 'NA',
      subscriptionExpirationDateTime: 'NA',
      resource: 'NA',
    });
    expect(probe?.['changeType']).toMatch(
      /^Validation: Testing client application reachability .* Request-Id: [0-9a-f-]{36}$/,
    );
    const got = await rig.request('GET', `beta/subscriptions/${String(made.body['id'])}`);
    expect(got.body).toMatchObject({ id: made.body['id'], clientState: null });
  });

  it('is renewed, reauthorised, listed and removed by its own application alone', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    const path = `${subscriptions}/${String(body['id'])}`;
    const stranger = { token: rig.delegated({ appId: 'e0e00000-0000-4000-8000-000000000000' }) };
    for (const [method, at] of [
      ['GET', path],
      ['PATCH', path],
      ['POST', `${path}/reauthorize`],
      ['DELETE', path],
    ] as const) {
      expect((await rig.request(method, at, { ...stranger, body: method === 'PATCH' ? {} : undefined })).status).toBe(
        404,
      );
    }
    expect((await rig.request('GET', subscriptions, stranger)).body['value']).toEqual([]);
    const expirationDateTime = new Date(start + 48 * hour).toISOString();
    const renewed = await rig.request('PATCH', path, { body: { expirationDateTime } });
    expect(renewed).toMatchObject({ status: 200, body: { expirationDateTime } });
    await rig.pass(10 * minute);
    expect((await rig.request('POST', `${path}/reauthorize`)).status).toBe(204);
    expect((await rig.request('GET', subscriptions)).body['value']).toMatchObject([
      { id: body['id'], expirationDateTime },
    ]);
    expect((await rig.request('DELETE', path)).status).toBe(204);
    expect(await rig.request('GET', path)).toMatchObject({ status: 404, code: 'ResourceNotFound' });
    expect((await rig.request('DELETE', path)).status).toBe(404);
  });

  it('is seen, renewed and removed by the person alone who made it, and by the application itself seen', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    const path = `${subscriptions}/${String(body['id'])}`;
    const another = { token: rig.delegated({ userId: rig.tenant.users[1]!.id }) };
    expect((await rig.request('GET', subscriptions, another)).body['value']).toEqual([]);
    for (const [method, at] of [
      ['GET', path],
      ['PATCH', path],
      ['POST', `${path}/reauthorize`],
      ['DELETE', path],
    ] as const) {
      const answer = await rig.request(method, at, { ...another, body: method === 'PATCH' ? {} : undefined });
      expect(answer.status, method).toBe(404);
    }
    const itself = { token: rig.application({ appId: rig.tenant.chatClientId }) };
    for (const caller of [itself, {}])
      expect((await rig.request('GET', subscriptions, caller)).body['value']).toMatchObject([{ id: body['id'] }]);
  });

  it('is neither renewed nor reauthorised with a token that lacks the permission', async () => {
    const rig = await startGraph();
    const expirationDateTime = new Date(start + 23 * hour).toISOString();
    for (const [made, without] of [
      [{ body: rig.chatBody(), token: rig.delegated() }, rig.delegated({ scopes: ['User.Read'] })],
      [{ body: rig.eventsBody('EmergencyPolicy-US'), token: rig.application() }, rig.application({ roles: [] })],
    ] as const) {
      const { body } = await rig.request('POST', subscriptions, made);
      const path = `${subscriptions}/${String(body['id'])}`;
      const refusals = [
        await rig.request('PATCH', path, { body: { expirationDateTime }, token: without }),
        await rig.request('POST', `${path}/reauthorize`, { token: without }),
      ];
      expect(refusals.map(({ status, code }) => [status, code])).toEqual([
        [403, 'Forbidden'],
        [403, 'Forbidden'],
      ]);
      expect((await rig.request('GET', path, { token: made.token })).body['expirationDateTime']).toBe(
        made.body['expirationDateTime'],
      );
    }
  });

  it('refuses PATCH and reauthorize within ten minutes of each other, in either order, and counts it', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    const path = `${subscriptions}/${String(body['id'])}`;
    const patch = () =>
      rig.request('PATCH', path, { body: { expirationDateTime: new Date(rig.clock.now() + 30 * hour).toISOString() } });
    const reauthorize = () => rig.request('POST', `${path}/reauthorize`);
    expect((await patch()).status).toBe(200);
    rig.clock.advance(10 * minute - 1);
    expect(await reauthorize()).toMatchObject({ status: 400, code: 'InvalidRequest' });
    rig.clock.advance(1);
    expect((await reauthorize()).status).toBe(204);
    expect((await reauthorize()).status).toBe(204);
    rig.clock.advance(9 * minute);
    expect((await patch()).message).toMatch(/at least 10 minutes apart/);
    rig.clock.advance(minute);
    expect((await patch()).status).toBe(200);
    expect(rig.graph.stats().tenMinuteViolations).toBe(2);
  });

  it('is refused as a duplicate per application, resource and change types, naming the one that is there', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    const id = String(body['id']);
    const again = await rig.request('POST', subscriptions, {
      body: rig.chatBody({
        resource: `/users('${rig.tenant.serviceUser}')/chats/getAllMessages`,
        changeType: 'updated,created',
      }),
    });
    expect(again).toMatchObject({ status: 409, code: 'Conflict' });
    expect(again.message).toBe(`Subscription Id <${id}> already exists for the requested combination`);
    for (const more of [
      { changeType: 'created' },
      { resource: `users/${rig.tenant.serviceUserId}/chats/getAllMessages?model=B` },
    ]) {
      expect((await rig.request('POST', subscriptions, { body: rig.chatBody(more) })).status).toBe(201);
    }
    const other = rig.delegated({ appId: 'e0e00000-0000-4000-8000-000000000000' });
    expect((await rig.request('POST', subscriptions, { body: rig.chatBody(), token: other })).status).toBe(201);
  });

  it('is refused beyond the quota with the limit in the message', async () => {
    const rig = await startGraph({ quotas: { perUser: 2 } });
    const create = (changeType: string) => rig.request('POST', subscriptions, { body: rig.chatBody({ changeType }) });
    expect((await create('created')).status).toBe(201);
    expect((await create('updated')).status).toBe(201);
    const refused = await create('deleted');
    expect(refused).toMatchObject({ status: 403, code: 'Forbidden' });
    expect(refused.message).toMatch(/limit of 2 /);
  });

  it('is listed in pages that end', async () => {
    const rig = await startGraph();
    for (const changeType of ['created', 'updated', 'deleted', 'created,updated', 'updated,deleted'])
      await rig.request('POST', subscriptions, { body: rig.chatBody({ changeType }) });
    const seen: string[] = [];
    let next: string | undefined = `${subscriptions}?$top=2`;
    let pages = 0;
    while (next !== undefined && pages++ < 9) {
      const { body } = await rig.request('GET', next);
      seen.push(...(body['value'] as { id: string }[]).map(({ id }) => id));
      next = body['@odata.nextLink'] as string | undefined;
    }
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(5);
  });

  it('is gone for everybody the moment it expires', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    rig.clock.advance(24 * hour);
    expect((await rig.request('GET', `${subscriptions}/${String(body['id'])}`)).status).toBe(404);
    expect((await rig.request('POST', subscriptions, { body: rig.chatBody() })).status).toBe(201);
  });

  it('lives at least 45 minutes', async () => {
    const rig = await startGraph();
    const body = rig.chatBody({
      expirationDateTime: new Date(start + minute).toISOString(),
      lifecycleNotificationUrl: null,
    });
    const made = await rig.request('POST', subscriptions, { body });
    expect(made.body['expirationDateTime']).toBe(new Date(start + 45 * minute).toISOString());
  });

  it('takes a new certificate and a new address on renewal, and nothing else', async () => {
    const rig = await startGraph();
    const { body } = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    const path = `${subscriptions}/${String(body['id'])}`;
    const rotated = await rig.request('PATCH', path, {
      body: {
        encryptionCertificate: rsaCertificate(2048),
        encryptionCertificateId: 'second',
        notificationUrl: rig.graph.notificationUrl,
      },
    });
    expect(rotated).toMatchObject({ status: 200, body: { encryptionCertificateId: 'second' } });
    for (const fixed of [
      { clientState: 'other' },
      { resource: 'chats/getAllMessages' },
      { lifecycleNotificationUrl: 'x' },
      {},
      { encryptionCertificateId: 'third' },
      { nonsense: 1 },
    ]) {
      expect(await rig.request('PATCH', path, { body: fixed })).toMatchObject({ status: 400, code: 'InvalidRequest' });
    }
  });
});
