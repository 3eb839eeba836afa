import { describe, expect, it } from 'vitest';
import { addressesOf, differsFrom } from '#workflows/activities/subscription-request.ts';
import { withoutTarget, withoutTopic } from '#workflows/activities/trouble.ts';
import type { SubscriptionSpec } from '#workflows/contract.ts';

const topic = 'EventGrid:?azuresubscriptionid=a&resourcegroup=rg-tocsin-contoso&partnertopic=pt&location=swedencentral';
const hub = 'EventHub:https://hub.example/eventhubname/calls?tenantId=contoso.com';
const delivery = {
  ...{ notificationUrl: topic, lifecycleNotificationUrl: topic, eventsUrl: hub },
  blobStoreUrl: 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com',
};
const chat: SubscriptionSpec = { id: 'chat', feed: 'chat', credential: 'chat', apiVersion: 'v1.0', content: 'rich' };
const found = {
  ...{ id: 'f', resource: '/users/u/chats/getAllMessages', changeType: 'created,updated', expiresAt: 0 },
  ...{ includeResourceData: true, notificationUrl: topic, lifecycleNotificationUrl: topic },
};

describe('a subscription whose notices come through Event Grid', () => {
  it('has the topic as both addresses, and no storage, which is a matter of the hub', () => {
    expect(addressesOf(delivery, 'chat')).toEqual({ notificationUrl: topic, lifecycleNotificationUrl: topic });
    expect(addressesOf(delivery, 'events')).toEqual({
      ...{ notificationUrl: hub, lifecycleNotificationUrl: hub, blobStoreUrl: delivery.blobStoreUrl },
    });
  });

  it('is the one that is wanted, and one to the hub is not any more', () => {
    const differs = (url: string) =>
      differsFrom(chat, delivery, found.resource, { ...found, notificationUrl: url, lifecycleNotificationUrl: url });
    expect(differs(topic)).toBeUndefined();
    expect(differs(hub)).toBe('it delivers to another address');
  });

  it('says where to look when Graph may not make the topic', () => {
    const refused = { ok: false, reason: 'forbidden', code: 'Authorization', detail: 'not authorised' } as const;
    expect(withoutTopic(refused, withoutTarget(refused)).next).toMatch(/consent.*eventGridUntil/);
    const away = { ok: false, reason: 'unavailable', detail: 'no answer' } as const;
    expect(withoutTopic(away, withoutTarget(away)).next).not.toContain('Event Grid');
  });
});
