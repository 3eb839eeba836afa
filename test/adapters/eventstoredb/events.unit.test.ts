import { describe, expect, it } from 'vitest';
import { encodeEvents, isSystemEvent, toRecordedEvent, type VendorEvent } from '#adapters/eventstoredb/events.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';

const event: NewEvent = {
  id: '0b6ec3b5-6a6c-4d0e-9c6e-4a4f5f0f6f11',
  type: 'Tested',
  data: { text: 'ü' },
  metadata: { $correlationId: 'x' },
};
const recorded: VendorEvent = {
  ...{ streamId: 's', id: event.id, revision: 4n, type: 'Tested', data: { a: 1 }, metadata: { b: 2 } },
  ...{ created: new Date(1_700_000_000_000), position: { commit: 9n, prepare: 9n } },
};
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('encoding an event', () => {
  it('serialises data and metadata once', () => {
    const encoded = encodeEvents([event]);
    expect(encoded).toMatchObject({
      ok: true,
      events: [{ id: event.id, type: 'Tested', data: utf8('{"text":"ü"}'), metadata: utf8('{"$correlationId":"x"}') }],
    });
  });

  it('tells the server that it is JSON and the client that it is bytes', () => {
    const encoded = encodeEvents([event]);
    const [first] = encoded.ok ? encoded.events : [];
    expect([first?.contentType, first?.contentType]).toEqual(['application/json', 'application/octet-stream']);
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  it.each<readonly [string, Partial<Record<keyof NewEvent, unknown>>]>([
    ['an id that is no UUID', { id: 'x' }],
    ['no type', { type: '' }],
    ['a bigint in its data', { data: { n: 1n } }],
    ['a bigint in its metadata', { metadata: { n: 1n } }],
    ['no data', { data: undefined }],
    ['an array for data', { data: [] }],
    ['a text for metadata', { metadata: 'x' }],
    ['data that contains itself', { data: circular as JsonObject }],
    ['data that turns into something else', { data: { toJSON: () => undefined } }],
    [
      'data that refuses',
      {
        data: {
          toJSON: () => {
            throw new Error('no');
          },
        },
      },
    ],
  ])('refuses one with %s', (_name, fault) => {
    expect(encodeEvents([event, { ...event, ...fault } as NewEvent])).toMatchObject({ ok: false, detail: /event 1/ });
  });
});

describe('decoding an event', () => {
  it('takes over what the server says', () => {
    expect(toRecordedEvent(recorded)).toEqual({
      ...{ stream: 's', revision: 4, id: event.id, type: 'Tested', data: { a: 1 }, metadata: { b: 2 } },
      ...{ created: 1_700_000_000_000, position: '00000000000000000009' },
    });
  });

  it.each<readonly [string, unknown, JsonObject]>([
    ['no payload', undefined, {}],
    ['an empty payload', new Uint8Array(), {}],
    ['empty text', '', {}],
    ['JSON written as bytes', utf8('{"a":1}'), { a: 1 }],
    ['a list written as bytes', utf8('[1]'), { $base64: 'WzFd' }],
    ['other bytes', Uint8Array.of(255, 0), { $base64: '/wA=' }],
    ['a list', [1], { $value: [1] }],
    ['text that was to be JSON', '{oops', { $value: '{oops' }],
    ['null', null, { $value: null }],
  ])('shows %s', (_name, payload, expected) => {
    expect(toRecordedEvent({ ...recorded, data: payload, metadata: payload })).toMatchObject({
      data: expected,
      metadata: expected,
    });
  });

  it('knows the events of the system', () => {
    expect(isSystemEvent(recorded)).toBe(false);
    expect(isSystemEvent({ ...recorded, streamId: '$$s' })).toBe(true);
    expect(isSystemEvent({ ...recorded, type: '$streamDeleted' })).toBe(true);
  });
});
