import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { hubName, partitionIds } from '#bench/processes/hub.ts';
import type { JsonObject } from '#kernel/json.ts';
import { people } from '#simulator/teams/directory.ts';
import { chatMessage, collection, notification } from '#simulator/teams/notices.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

/** Bytes of one message. */
const messageBytes = 1024;
/** One-to-one chats that the notices are about: each is a data subject with a key of its own. */
const chats = 1000;

/** Makes message number `n`. */
export type MessageMaker = (n: number) => Uint8Array;

/** What Graph delivers for a message of a basic subscription: a collection with one notice, which is stored as a reference, its ids sealed. */
export function basicNotices(tenant: SimulatedTenant): MessageMaker {
  const subscription = tenant.subscriptions.find(({ feed }) => feed === 'chat');
  const from = people[0];
  if (subscription === undefined || from === undefined) throw new Error('the simulated tenant has no chat feed');
  const now = Date.now();
  return (n) => {
    const chat = String(n % chats).padStart(12, '0');
    const message = chatMessage({
      chatId: `19:7a0e0000-0000-4000-8000-${chat}_7a0e0000-0000-4000-9000-${chat}@unq.gbl.spaces`,
      messageId: String(now + n),
      from,
      at: now,
      importance: 'normal',
      content: '',
      locale: 'en-us',
    });
    return padded(collection([notification(tenant, subscription, message, { rich: false, now })]));
  };
}

/** JSON that no decoder knows: stored as a commitment, and whole under the key of the quarantine. */
export const unknownJson: MessageMaker = (n) => {
  const empty = JSON.stringify({ number: n, text: '' }).length;
  return encode(JSON.stringify({ number: n, text: 'x'.repeat(messageBytes - empty) }));
};

function encode(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** Blanks behind JSON mean nothing, so every message has the size it should have. */
function padded(body: JsonObject): Uint8Array {
  return encode(JSON.stringify(body).padEnd(messageBytes, ' '));
}

/** Publishes so many messages, a quarter to each partition. */
export async function publishAll(connectionString: string, count: number, make: MessageMaker): Promise<void> {
  const publisher = createEventHubsPublisher({
    connection: { kind: 'connection-string', value: connectionString },
    hub: hubName,
    transport: 'amqp',
    clock: systemClock,
  });
  const each = count / partitionIds.length;
  const batch = 250;
  await Promise.all(
    partitionIds.map(async (partitionId, index) => {
      for (let first = 0; first < each; first += batch) {
        const messages = Array.from({ length: Math.min(batch, each - first) }, (_, n) => ({
          body: make(index * each + first + n),
          contentType: 'application/json',
        }));
        const result = await publisher.publish(messages, { partitionId });
        if (!result.ok) throw new Error(`the simulated hub did not take the messages: ${result.detail}`);
      }
    }),
  );
  await publisher.close();
}
