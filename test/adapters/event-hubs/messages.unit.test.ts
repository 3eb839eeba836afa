import type { ReceivedEventData } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import { toEventData, toReceivedMessage } from '#adapters/event-hubs/messages.ts';

function event(
  body: unknown,
  more: Partial<ReceivedEventData> & { bodyType?: 'data' | 'value' | 'sequence' } = {},
): ReceivedEventData {
  const { bodyType = 'data', ...rest } = more;
  return {
    body,
    enqueuedTimeUtc: new Date(1_700_000_000_123),
    partitionKey: null,
    offset: '17',
    sequenceNumber: 3,
    getRawAmqpMessage: () => ({ body, bodyType }),
    ...rest,
  };
}
const text = (one: ReceivedEventData) => Buffer.from(toReceivedMessage('0', one).body).toString('utf8');

describe('the form of received messages', () => {
  it('leaves bytes as they are', () => {
    const bytes = Buffer.from([0, 255, 10]);
    expect(toReceivedMessage('0', event(bytes)).body).toEqual(bytes);
  });

  it('joins several data sections', () => {
    expect(text(event([Buffer.from('{"a"'), Buffer.from(':1}')]))).toBe('{"a":1}');
  });

  it.each<[string, unknown, 'value' | 'sequence', string]>([
    ['a string', 'grüße', 'value', 'grüße'],
    ['an object', { a: [1, null, true] }, 'value', '{"a":[1,null,true]}'],
    ['a number', 1.5, 'value', '1.5'],
    ['bytes', Buffer.from('raw'), 'value', 'raw'],
    ['nothing', null, 'value', ''],
    ['a sequence', [{ a: 1 }, 'b'], 'sequence', '[{"a":1},"b"]'],
    ['a sequence of bytes', [Buffer.from('x')], 'sequence', '["eA=="]'],
    ['a timestamp inside', { at: new Date(5) }, 'value', '{"at":5}'],
    ['a number that JSON has not', { n: Number.NaN, b: 12n }, 'value', '{"n":"NaN","b":"12"}'],
  ])('makes bytes of %s', (_, body, bodyType, expected) => {
    expect(text(event(body, { bodyType }))).toBe(expected);
  });

  it('tells what the service and the sender said', () => {
    const received = toReceivedMessage(
      '4',
      event(Buffer.from('x'), {
        ...{ contentType: 'a/b', messageId: 12, partitionKey: 'k' },
        properties: { text: 'a', bytes: Buffer.from('y'), map: { inner: [1] } },
      }),
    );
    expect(received).toMatchObject({
      ...{ partitionId: '4', offset: '17', sequenceNumber: 3, enqueuedAt: 1_700_000_000_123 },
      ...{ contentType: 'a/b', messageId: '12', partitionKey: 'k' },
      properties: { text: 'a', bytes: 'eQ==', map: { inner: [1] } },
    });
  });

  it('takes a property named __proto__ for a name', () => {
    const properties = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    const received = toReceivedMessage('0', event(Buffer.from('x'), { properties }));
    expect(Object.keys(received.properties)).toEqual(['__proto__']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('the form of messages to publish', () => {
  it('leaves out what is not there', () => {
    expect(toEventData({ body: Buffer.from('x') })).toEqual({ body: Buffer.from('x') });
  });

  it('sends only the bytes of a view', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    expect(toEventData({ body: whole.subarray(1, 3) }).body).toEqual(Buffer.from([2, 3]));
  });
});
