import { randomUUID } from 'node:crypto';
import { emergencyIdOf } from '#domain/names.ts';
import { findOrInvent, people, siteOf } from '#simulator/teams/directory.ts';
import { chatMessage, collection, emergencyEventOf, notification } from '#simulator/teams/notices.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

/** A message for the hub; `emergencyId` where it must be raised under that id. */
export interface PreparedMessage {
  readonly body: Uint8Array;
  readonly emergencyId?: string;
}

/** A call of the emergency events feed, encrypted as Graph does. Everybody calls once, and from a number of their own, so that no call is taken for another. */
export function callMessage(tenant: SimulatedTenant, n: number): PreparedMessage {
  const phoneNumber = `+1425555${String(n).padStart(7, '0')}`;
  const caller = { ...findOrInvent(`Caller ${n}`, randomUUID, Math.random), phoneNumber };
  const site = siteOf(caller);
  const subscription = tenant.subscriptions.find(({ feed, policy }) => feed === 'events' && policy === site.policy);
  if (subscription === undefined) throw new Error('the simulated tenant has no emergency events feed');
  const callId = randomUUID();
  const now = Date.now();
  const place = site.places[0] ?? { floor: '', room: '' };
  const event = emergencyEventOf(
    {
      ...{ callId, caller, site, number: site.emergencyNumber, floor: place.floor, room: place.room },
      ...{ street: site.street, houseNumber: site.houseNumber, at: now, chatId: '', messageId: '', phrase: '' },
    },
    tenant.id,
  );
  return {
    body: encode(collection([notification(tenant, subscription, event, { rich: true, now })])),
    emergencyId: emergencyIdOf('events', tenant.id, callId),
  };
}

/** Chats that ordinary messages are of. */
const chats = 200;

/** An ordinary chat message with its content, encrypted as Graph does. */
export function chatterMessage(tenant: SimulatedTenant, n: number): PreparedMessage {
  const subscription = tenant.subscriptions.find(({ feed }) => feed === 'chat');
  const from = people[n % people.length];
  if (subscription === undefined || from === undefined) throw new Error('the simulated tenant has no chat feed');
  const now = Date.now();
  const message = chatMessage({
    ...{ chatId: `19:${String(n % chats).padStart(32, '0')}@thread.v2`, messageId: String(now + n), from, at: now },
    ...{ importance: 'normal', content: '<p>Can we move the review to Thursday?</p>', locale: 'en-us' },
  });
  return { body: encode(collection([notification(tenant, subscription, message, { rich: true, now })])) };
}

function encode(body: object): Uint8Array {
  return Buffer.from(JSON.stringify(body), 'utf8');
}
