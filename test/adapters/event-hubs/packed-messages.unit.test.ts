import { expect, it } from 'vitest';
import { buffersOf, packMessages, unpackMessages } from '#adapters/event-hubs/packed-messages.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';

const message = (n: number, more: Partial<ReceivedMessage> = {}): ReceivedMessage => ({
  ...{ partitionId: '1', offset: String(n * 100), sequenceNumber: n, enqueuedAt: 1_700_000_000_000 + n },
  body: new TextEncoder().encode('x'.repeat(n % 1000)),
  ...{ contentType: 'application/json', messageId: undefined, partitionKey: undefined, properties: {} },
  ...more,
});

const handedOver = (messages: readonly ReceivedMessage[]) => {
  const packed = packMessages(messages);
  return unpackMessages(structuredClone(packed, { transfer: buffersOf(packed) }));
};

it('messages that have much in common come over as they were', () => {
  const messages = [message(0), message(1), message(2 ** 20), message(3)];
  expect(handedOver(messages)).toEqual(messages);
});

it('messages that have nothing in common come over as they were', () => {
  const odd = JSON.parse('{"__proto__":"a name like any other","constructor":1}') as Record<string, string>;
  const messages = [
    message(5, { contentType: undefined, messageId: 'a', properties: { a: [1, { b: null }] } }),
    message(2 ** 52, { body: new Uint8Array(0), partitionKey: 'key' }),
    message(6, { properties: odd }),
  ];
  const got = handedOver(messages);
  expect(got).toEqual(messages);
  expect(Object.hasOwn(got[2]?.properties ?? {}, '__proto__')).toBe(true);
});

it('the bodies of the sender stay with the sender', () => {
  const one = message(4);
  handedOver([one]);
  expect(one.body.byteLength).toBe(4);
});
