import { describe, expect, it } from 'vitest';
import { areLookedAfter } from '#simulator/graph/looked-after.ts';
import { people } from '#simulator/teams/directory.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { openTenant } from '#simulator/teams/tenant.ts';
import { hour, minute, noticesOf, type Rig, startGraph } from '#test/simulator/graph/support.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const said = (rig: Rig, id: string) => {
  const message = chatMessage({
    chatId: '19:a@thread.v2',
    messageId: id,
    from: people[0]!,
    at: rig.clock.now(),
    importance: 'normal',
    content: id,
    locale: 'en-us',
  });
  return { kind: 'message', changeType: 'created', message, members: [rig.tenant.serviceUserId] } as const;
};

describe('simulated Graph after a restart', () => {
  it('has the same subscriptions, messages and held notices', async () => {
    const folder = temporaryFolder();
    const before = await startGraph({ folder });
    const { body } = await before.request('POST', 'v1.0/subscriptions', { body: before.chatBody() });
    await before.pass(hour);
    await before.graph.happened([said(before, '1')]);
    await before.graph.close();

    const after = await startGraph({ folder, clock: before.clock });
    expect(after.graph.subscriptions()).toMatchObject([
      { id: body['id'], clientState: 'a secret of ours', pausedAt: expect.any(Number) },
    ]);
    expect(after.graph.stats().held).toBe(1);
    expect((await after.request('GET', "v1.0/chats('19:a@thread.v2')/messages('1')")).status).toBe(200);
    await after.pass(hour);
    expect((await after.request('POST', `v1.0/subscriptions/${String(body['id'])}/reauthorize`)).status).toBe(204);
    await after.graph.tick();
    expect(noticesOf(after.published).filter(({ changeType }) => changeType === 'created')).toHaveLength(1);
    expect(after.graph.stats()).toMatchObject({ held: 0, dropped: 0 });
  });

  it('forgets what has ended meanwhile', async () => {
    const folder = temporaryFolder();
    const before = await startGraph({ folder });
    await before.request('POST', 'v1.0/subscriptions', { body: before.chatBody() });
    await before.graph.close();
    before.clock.advance(24 * hour);
    const after = await startGraph({ folder, clock: before.clock });
    expect(after.graph.subscriptions()).toEqual([]);
  });
});

describe('the seeded subscriptions', () => {
  it('are live at once, belong to the applications of the tenant and are adopted by them', async () => {
    const rig = await startGraph();
    expect(rig.graph.seed()).toBe(rig.tenant.subscriptions.length);
    const [chat] = rig.tenant.subscriptions;
    const mine = await rig.request('GET', 'v1.0/subscriptions');
    expect(mine.body['value']).toMatchObject([
      { id: chat?.id, notificationUrl: rig.graph.notificationUrl, encryptionCertificateId: rig.tenant.certificate.id },
    ]);
    const events = await rig.request('GET', 'v1.0/subscriptions', { token: rig.application() });
    expect(events.body['value']).toHaveLength(rig.tenant.subscriptions.length - 1);
    const duplicate = await rig.request('POST', 'v1.0/subscriptions', { body: rig.chatBody() });
    expect(duplicate.message).toContain(chat?.id);
    expect(await rig.graph.happened([said(rig, '1')])).toMatchObject([
      [{ subscriptionId: chat?.id, outcome: 'delivered' }],
    ]);
    expect(noticesOf(rig.published)).toMatchObject([{ clientState: chat?.clientState }]);
    const renewed = await rig.request('PATCH', `v1.0/subscriptions/${chat?.id}`, {
      body: { expirationDateTime: new Date(rig.clock.now() + 60 * hour).toISOString() },
    });
    expect(renewed.status).toBe(200);
  });

  it('get a new token when they are there already, and are made anew only where nothing replaces them', async () => {
    const rig = await startGraph();
    rig.graph.seed({ tokenMs: 30 * minute });
    await rig.pass(hour);
    expect(await rig.graph.happened([said(rig, '1')])).toMatchObject([[{ outcome: 'held' }]]);
    expect(rig.graph.seed()).toBe(0);
    await rig.graph.tick();
    expect(noticesOf(rig.published).filter(({ changeType }) => changeType === 'created')).toHaveLength(1);
    const [chat] = rig.tenant.subscriptions;
    expect((await rig.request('DELETE', `v1.0/subscriptions/${chat?.id}`)).status).toBe(204);
    expect(
      (await rig.request('POST', 'v1.0/subscriptions', { body: rig.chatBody({ changeType: 'created' }) })).status,
    ).toBe(201);
    expect(rig.graph.seed()).toBe(0);
  });

  it('end as real ones do', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    await rig.pass(24 * hour);
    expect(rig.graph.subscriptions().map(({ target }) => target.kind)).toEqual(['user-chats']);
    await rig.pass(48 * hour);
    expect(rig.graph.subscriptions()).toEqual([]);
    expect(rig.graph.seed()).toBe(rig.tenant.subscriptions.length);
  });

  it('stay alive where seeding is repeated, and only those', async () => {
    const rig = await startGraph();
    const ended = () => rig.events.filter(({ kind }) => kind === 'expired' || kind === 'paused').length;
    for (let n = 0; n < 12; n++) {
      rig.graph.seed({ tokenMs: 7 * hour });
      await rig.pass(6 * hour);
    }
    expect([rig.graph.subscriptions().length, ended()]).toEqual([rig.tenant.subscriptions.length, 0]);
    const [chat] = rig.tenant.subscriptions;
    await rig.request('DELETE', `v1.0/subscriptions/${chat?.id}`);
    const own = await rig.request('POST', 'v1.0/subscriptions', { body: rig.chatBody() });
    rig.graph.seed();
    expect((await rig.request('GET', `v1.0/subscriptions/${String(own.body['id'])}`)).body['expirationDateTime']).toBe(
      own.body['expirationDateTime'],
    );
  });

  it('are looked after by whoever made, renewed or ended one, and not by those who only look at them', async () => {
    const reading = ['v1.0/subscriptions', 'v1.0/me', 'v1.0/me/chats'];
    const changes = [
      ['POST', '', {}],
      ['PATCH', '/some-id', {}],
      ['POST', '/some-id/reauthorize', undefined],
      ['DELETE', '/some-id', undefined],
    ] as const;
    for (const [method, path, body] of changes) {
      const rig = await startGraph();
      for (const each of reading) await rig.request('GET', each);
      await rig.request('POST', 'v1.0/me', { body: {} });
      expect(areLookedAfter(rig.graph.stats())).toBe(false);
      await rig.request(method, `v1.0/subscriptions${path}`, { body });
      expect(areLookedAfter(rig.graph.stats()), method).toBe(true);
    }
  });

  it('are those of the policies that the tenant was founded with', async () => {
    const folder = temporaryFolder();
    const founded = await openTenant(folder, { policies: ["Bob's", 'Other'] });
    const rig = await startGraph({ tenant: await openTenant(folder) });
    expect(rig.tenant.subscriptions).toEqual(founded.subscriptions);
    rig.graph.seed();
    expect(
      rig.graph.subscriptions().flatMap(({ target }) => (target.kind === 'emergency' ? [target.policy] : [])),
    ).toEqual(["Bob's", 'Other']);
  });
});
