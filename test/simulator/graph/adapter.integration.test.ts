import { describe, expect, it, onTestFinished } from 'vitest';
import { createGraph } from '#adapters/graph/graph.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { Graph, SubscriptionRequest } from '#ports/graph.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { people } from '#simulator/teams/directory.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { authorityPem, hour, minute, type Rig, start, startGraph } from '#test/simulator/graph/support.ts';

/** Tocsin's own client, against simulated Graph. */
function clientOf(rig: Rig, version: 'v1.0' | 'beta' = 'v1.0', token = () => rig.delegated()): Graph {
  const outbound = createOutbound({
    cloud: 'global',
    extraHosts: [`localhost:${rig.graph.port}`],
    ca: authorityPem,
    clock: rig.clock,
  });
  onTestFinished(() => outbound.close());
  return createGraph({
    baseUrl: rig.graph.url,
    version,
    identity: { token: async () => ({ ok: true, token: { value: token(), expiresAt: rig.clock.now() + hour } }) },
    outbound,
    clock: systemClock,
    ids: createSeededIds(5),
    deadlineMs: 2_000,
  });
}

function wanted(rig: Rig): SubscriptionRequest {
  return {
    changeType: 'created,updated',
    resource: `/users/${rig.tenant.serviceUserId}/chats/getAllMessages`,
    notificationUrl: rig.graph.notificationUrl,
    lifecycleNotificationUrl: rig.graph.notificationUrl,
    clientState: 'a secret of ours',
    expiresAt: rig.clock.now() + 71 * hour,
    encryption: { id: rig.tenant.certificate.id, certificate: rig.tenant.certificate.der },
  };
}

describe('the Graph client with simulated Graph', () => {
  it('lives through the life of a subscription', async () => {
    const rig = await startGraph();
    const graph = clientOf(rig);
    const made = await graph.createSubscription(wanted(rig));
    if (!made.ok) throw new Error(made.reason);
    const { id } = made.value;
    expect(made.value).toMatchObject({
      expiresAt: start + 71 * hour,
      includeResourceData: true,
      applicationId: rig.tenant.chatClientId,
    });
    expect(await graph.createSubscription(wanted(rig))).toMatchObject({
      ok: false,
      reason: 'conflict',
      existingId: id,
    });
    expect(await graph.reauthorizeSubscription(id)).toMatchObject({ ok: true });
    expect(await graph.renewSubscription(id, { expiresAt: start + 72 * hour })).toMatchObject({
      ok: false,
      reason: 'rejected',
      status: 400,
    });
    rig.clock.advance(10 * minute);
    expect(await graph.renewSubscription(id, { expiresAt: start + 72 * hour })).toMatchObject({
      ok: true,
      value: { expiresAt: start + 72 * hour },
    });
    expect(await graph.listSubscriptions()).toMatchObject({ ok: true, value: [{ id }] });
    expect(await graph.getSubscription(id)).toMatchObject({
      ok: true,
      value: { id, notificationUrl: rig.graph.notificationUrl },
    });
    expect(await graph.deleteSubscription(id)).toMatchObject({ ok: true });
    expect(await graph.getSubscription(id)).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it('reads chats and messages page by page, and a message by its id', async () => {
    const rig = await startGraph();
    const graph = clientOf(rig, 'beta');
    const chat = (n: number) => `19:${n}@thread.v2`;
    const said = (chatId: string, messageId: string, at: number) => ({
      kind: 'message' as const,
      changeType: 'created' as const,
      message: chatMessage({
        chatId,
        messageId,
        from: people[0]!,
        at,
        importance: 'normal',
        content: messageId,
        locale: 'en-us',
      }),
      members: [rig.tenant.serviceUserId],
    });
    await rig.graph.happened(Array.from({ length: 60 }, (_, n) => said(chat(n), 'first', start + n * minute)));
    await rig.graph.happened(Array.from({ length: 60 }, (_, n) => said(chat(0), String(n), start + hour + n)));
    const me = await graph.me();
    expect(me).toMatchObject({ ok: true, value: { id: rig.tenant.serviceUserId } });
    const chats = await graph.chats(start + 5 * minute);
    expect(chats.ok && chats.value.map(({ id }) => id)).toEqual([
      chat(0),
      ...Array.from({ length: 55 }, (_, n) => chat(59 - n)),
    ]);
    const messages = await graph.messages(chat(0), start + hour, start + 2 * hour);
    expect(messages.ok && messages.value).toHaveLength(60);
    expect(await graph.message(chat(0), '7')).toMatchObject({ ok: true, value: { id: '7', chatId: chat(0) } });
    expect(await graph.message(chat(0), 'none')).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it('tells the faults apart', async () => {
    const rig = await startGraph({ quotas: { perUser: 0 } });
    const graph = clientOf(rig);
    expect(await graph.createSubscription(wanted(rig))).toMatchObject({ ok: false, reason: 'quota', status: 403 });
    const answers: Record<string, string> = {
      'permission-missing': 'forbidden',
      unavailable: 'unavailable',
      unreachable: 'unavailable',
      throttled: 'throttled',
    };
    for (const [fault, reason] of Object.entries(answers)) {
      await rig.graph.faults.start(fault);
      expect(await graph.getSubscription('some-id'), fault).toMatchObject({ ok: false, reason });
      await rig.graph.faults.stop(fault);
    }
    const expired = clientOf(rig, 'v1.0', () => rig.delegated({ expiresAt: start - 1 }));
    expect(await expired.me()).toMatchObject({ ok: false, reason: 'unauthorised', status: 401 });
  });
});
