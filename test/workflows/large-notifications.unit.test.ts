import { describe, expect, it } from 'vitest';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { SubscriptionRequest } from '#ports/graph.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createFakeGraph, createFakeIdentity, createFakeSecrets } from '#test/workflows/fakes.ts';
import { createSubscriptionActivities } from '#workflows/activities/subscriptions.ts';
import type { SubscriptionSpec } from '#workflows/contract.ts';

const blobStoreUrl = 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com';
const notificationUrl = 'EventHub:https://hub.example/eventhubname/calls?tenantId=contoso.com';

/** What Graph is asked for. @param stored where notifications go that are too large */
async function requestOf(
  content: SubscriptionSpec['content'],
  stored: string | undefined,
  elsewhere: { readonly notificationUrl?: string; readonly eventsUrl?: string } = {},
): Promise<SubscriptionRequest> {
  const clock = systemClock;
  const asked: SubscriptionRequest[] = [];
  const events = createFakeIdentity({
    ...{ credential: 'events', kind: 'application', signedIn: true, clock, tokenLifeMs: () => 3_600_000 },
  });
  const graph = createFakeGraph({ clock, longestMs: 86_400_000, quietMs: 1 });
  const { createSubscription } = createSubscriptionActivities({
    ...{ log: createMemoryEventLog(), secrets: createFakeSecrets().secrets, clock, ids: systemIds },
    ...{ recordedBy: { role: 'worker', build: 'test' }, sealer: { unseal: async (document) => document } },
    identity: () => events.identity,
    graph: () => {
      const real = graph.graphOf(events.identity);
      return {
        ...real,
        createSubscription(request) {
          asked.push(request);
          return real.createSubscription(request);
        },
      };
    },
    delivery: {
      ...{ notificationUrl, lifecycleNotificationUrl: notificationUrl, ...elsewhere },
      ...(stored === undefined ? {} : { blobStoreUrl: stored }),
    },
    ...{ makeCertificate: makeSelfSigned, channels: [], desired: () => [] },
  });
  const made = await createSubscription({
    spec: {
      ...{
        id: 'events/helsinki',
        feed: 'events',
        policy: 'Helsinki',
        credential: 'events',
        apiVersion: 'v1.0',
        content,
      },
    },
    ...{ tokenLiveMs: 60_000, creation: 'first', lifeMs: 3_600_000 },
    ...(content === 'rich' ? { certificateId: 'tocsin-1' } : {}),
  });
  expect(made.ok).toBe(true);
  const [request] = asked;
  if (request === undefined) throw new Error('Graph was asked for nothing');
  return request;
}

describe('a subscription with notifications that may be too large for the hub', () => {
  it('tells Graph where to put them', async () => {
    expect((await requestOf('rich', blobStoreUrl)).blobStoreUrl).toBe(blobStoreUrl);
  });

  it('tells nothing where there is no storage, or where notifications are small', async () => {
    expect('blobStoreUrl' in (await requestOf('rich', undefined))).toBe(false);
    expect('blobStoreUrl' in (await requestOf('basic', blobStoreUrl))).toBe(false);
  });

  it('is of emergency events delivered to the hub, with the storage, where chats come through Event Grid', async () => {
    const topic = 'EventGrid:?azuresubscriptionid=a&resourcegroup=b&partnertopic=c&location=d';
    expect(await requestOf('rich', blobStoreUrl, { notificationUrl: topic, eventsUrl: notificationUrl })).toMatchObject(
      { notificationUrl, lifecycleNotificationUrl: notificationUrl, blobStoreUrl },
    );
  });
});
