import { describe, expect, it } from 'vitest';
import { decodeMessage } from '#domain/notices/decode.ts';
import type { Item } from '#domain/notices/item.ts';
import type { Json } from '#kernel/json.ts';
import { bytes, fixture, messageOf } from '#test/domain/notices/fixtures.ts';

const text = (body: string | Uint8Array): readonly Item[] =>
  decodeMessage({
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    contentType: undefined,
    properties: {},
  });
const json = (body: Json): readonly Item[] => text(JSON.stringify(body));
const of = (name: string): readonly Item[] => decodeMessage(messageOf(fixture(name)));

describe('a message of the hub', () => {
  it.each([
    ['chat-rich', ['chat-message']],
    ['chat-basic', ['chat-message']],
    ['chat-basic-slashes', ['chat-message']],
    ['blob-referred', ['chat-message']],
    ['emergency-nested', ['emergency-call']],
    ['emergency-basic', ['emergency-call']],
    ['probe', ['probe']],
    ['lifecycle', ['lifecycle', 'lifecycle', 'lifecycle']],
    ['lifecycle-unknown', ['unrecognised']],
    ['mixed', ['chat-message', 'emergency-call', 'lifecycle', 'unrecognised', 'comms']],
    ['empty', ['empty']],
    ['event-grid-structured', ['chat-message']],
    ['event-grid-batch', ['chat-message', 'lifecycle']],
    ['event-grid-binary', ['chat-message']],
    ['event-grid-invalid', ['chat-message']],
    ['event-grid-unknown', ['unrecognised']],
    ['comms', ['comms']],
    ['comms-bare-array', ['comms']],
    ['recovered', ['chat-message']],
    ['unrecognised', ['unrecognised']],
  ])('of the shape %s holds %j', (name, kinds) => {
    expect(of(name).map((item) => item.kind)).toEqual(kinds);
  });

  it('says where the content of each item is', () => {
    expect(of('chat-rich')[0]).toMatchObject({
      content: { at: 'encrypted', encrypted: { encryptionCertificateId: 'cert-1' } },
    });
    expect(of('chat-basic')[0]).toMatchObject({ content: { at: 'referred', why: 'basic' } });
    expect(of('blob-referred')[0]).toMatchObject({
      content: { at: 'referred', why: 'blob', blobId: expect.stringContaining('5a1c0e2b') },
    });
  });

  it('tells the feed of a notice whose content went to a blob, where its envelope says it', () => {
    const { body } = fixture('event-grid-structured') as unknown as { body: { [name: string]: Json } };
    const data = { subscriptionId: 's', changeType: 'created', additionalPayloadStorageId: 'b1' };
    const kinds = (more: { [name: string]: Json }) => json({ ...body, data, ...more }).map(({ kind }) => kind);
    const subject = "communications/calls/getEmergencyEventsByPolicy(policyName='P')";
    expect(kinds({ type: 'Microsoft.Graph.Updated', subject })).toEqual(['emergency-call']);
    expect(kinds({ type: 'Microsoft.Graph.EmergencyCallEvent' })).toEqual(['emergency-call']);
    expect(kinds({})).toEqual(['chat-message']);
    expect(kinds({ type: 'Microsoft.Graph.Updated' })).toEqual(['chat-message']);
  });

  it('keeps the envelope of Event Grid and reads its data whatever the case of the names', () => {
    expect(of('event-grid-structured')[0]).toMatchObject({
      change: 'created',
      notice: {
        delivery: 'event-grid',
        tenantId: expect.any(String),
        envelope: { id: '33333333-0000-0000-0000-000000000001' },
      },
    });
  });

  it('reads the attributes of binary mode from the properties, times as numbers too', () => {
    expect(of('event-grid-binary')[0]).toMatchObject({
      change: 'updated',
      notice: { envelope: { type: 'Microsoft.Graph.ChatMessageUpdated', time: '2025-11-21T12:00:00.306Z' } },
    });
  });

  it.each(['cloudEvents:', 'cloudEvents_', 'ce-', 'CE_', 'ce_'])('knows the prefix %s of binary mode', (prefix) => {
    const { body, properties } = fixture('event-grid-binary');
    const renamed = Object.fromEntries(
      Object.entries(properties!).map(([name, value]) => [name.replace('cloudEvents:', prefix), value]),
    );
    const items = decodeMessage({ body: bytes(body), contentType: 'application/json', properties: renamed });
    expect(items).toMatchObject([{ kind: 'chat-message', notice: { delivery: 'event-grid' } }]);
  });

  it('says of what Tocsin fetched itself that it is recovered', () => {
    expect(of('recovered')[0]).toMatchObject({ notice: { delivery: 'recovered' } });
  });

  it('tells the three lifecycle notices apart, also by the type of the envelope alone', () => {
    expect(of('lifecycle').map((item) => item.kind === 'lifecycle' && item.event)).toEqual([
      'reauthorizationRequired',
      'subscriptionRemoved',
      'missed',
    ]);
    expect(of('event-grid-batch')[1]).toMatchObject({ event: 'reauthorizationRequired' });
  });

  it('reads collections that somebody batched', () => {
    const collection = fixture('probe').body;
    expect(json([collection, collection]).map((item) => item.kind)).toEqual(['probe', 'probe']);
  });

  it('reads a collection of one that lost its list on the way', () => {
    const { body } = fixture('emergency-nested') as unknown as { body: { value: Json[] } };
    expect(json({ ...body, value: body.value[0] ?? null })).toEqual(of('emergency-nested'));
  });

  it('numbers the ids of several items in one envelope', () => {
    const { body } = fixture('event-grid-structured');
    const event = body as { data: Json };
    const items = json({ ...event, data: { value: [event.data, event.data] } });
    expect(items.map((item) => 'notice' in item && item.notice?.envelope?.id)).toEqual([
      '33333333-0000-0000-0000-000000000001',
      '33333333-0000-0000-0000-000000000001/1',
    ]);
  });

  it('reads CloudEvent data that came as base64 or as a string', () => {
    const event = fixture('event-grid-structured').body as Record<string, Json>;
    const { data, ...rest } = event;
    const inner = JSON.stringify(data);
    expect(json({ ...rest, data_base64: Buffer.from(inner).toString('base64') })[0]?.kind).toBe('chat-message');
    expect(json({ ...rest, data: inner })[0]?.kind).toBe('chat-message');
  });

  it('reads a notification whose enumerations have members that are not known yet', () => {
    const [notification] = (fixture('chat-rich').body as { value: Record<string, Json>[] }).value;
    expect(json({ value: [{ ...notification!, changeType: 'unknownFutureValue' }] })).toMatchObject([
      { kind: 'chat-message', change: 'updated' },
    ]);
  });

  it('counts encrypted content that lost its shape as encrypted, so that an emergency in it is raised', () => {
    const [notification] = (fixture('emergency-nested').body as { value: Record<string, Json>[] }).value;
    for (const encryptedContent of ['', 'x', 7, [], { data: 7 }] as Json[])
      expect(json({ value: [{ ...notification!, encryptedContent }] })).toMatchObject([
        { kind: 'emergency-call', content: { at: 'encrypted' } },
      ]);
  });

  it('reads content that was sent in the clear', () => {
    const notification = {
      subscriptionId: 's',
      changeType: 'updated',
      resource: 'x',
      resourceData: { '@odata.type': '#Microsoft.Graph.EmergencyCallEvent', callEventType: 'callStarted' },
    };
    expect(json(notification)).toMatchObject([{ kind: 'emergency-call', content: { at: 'inline' } }]);
  });
});

describe('a CloudEvent', () => {
  const valid = fixture('event-grid-structured').body as Record<string, Json>;
  it.each([
    ['specversion 2.0', { specversion: '2.0' }, 'cloudevent-specversion'],
    ['a number as specversion', { specversion: 1 }, 'cloudevent-specversion'],
    ['no id', { id: null }, 'cloudevent-id'],
    ['an empty id', { id: '' }, 'cloudevent-id'],
    ['an empty source', { source: '' }, 'cloudevent-source'],
    ['a source with spaces', { source: 'a b' }, 'cloudevent-source'],
    ['a type that is no string', { type: 7 }, 'cloudevent-type'],
    ['a time that is none', { time: 'yesterday' }, 'cloudevent-time'],
    ['a time with a space', { time: '2025-11-21 12:00:00Z' }, 'cloudevent-time'],
    ['a day that does not exist', { time: '2025-02-29T00:00:00Z' }, 'cloudevent-time'],
    ['an empty subject', { subject: '' }, 'cloudevent-subject'],
    ['an upper-case attribute', { partitionKey: 'x' }, 'cloudevent-attribute-name'],
    ['an object as attribute', { extension: {} }, 'cloudevent-attribute-value'],
    ['base64 that is none', { data_base64: '***' }, 'cloudevent-data'],
  ])('with %s is none: what it carries is read all the same, without its envelope', (_, more, fault) => {
    for (const data of [valid['data']!, JSON.stringify(valid['data']), { value: [valid['data']!] }, [valid['data']!]]) {
      const [item, ...rest] = json({ ...valid, data, ...more });
      expect(rest).toEqual([]);
      expect(item).toMatchObject({ kind: 'chat-message', notice: { delivery: 'event-grid', envelopeFault: fault } });
      expect(item).not.toHaveProperty('notice.envelope');
    }
    for (const data of [7, 'text', null, {}, [], { value: [] }, { value: [7] }] as Json[])
      expect(json({ ...valid, data, ...more })).toMatchObject([
        { kind: 'unrecognised', why: fault, value: { datacontenttype: 'application/json' } },
      ]);
  });

  it('with data that says nothing is unrecognised', () => {
    expect(json({ ...valid, data: 7 })).toMatchObject([{ kind: 'unrecognised', why: 'cloudevent-without-data' }]);
  });

  it('that is none keeps what is not known among what it carries, and says of one alone which subscription it is of', () => {
    const known = valid['data'] as { [name: string]: Json };
    const unknown = { subscriptionId: 's', changeType: 'created', resource: 'communications/callRecords/1' };
    expect(json({ ...valid, id: '', data: { value: [known, unknown] } })).toMatchObject([
      { kind: 'chat-message' },
      { kind: 'unrecognised', why: 'unknown-resource', value: unknown, notice: { envelopeFault: 'cloudevent-id' } },
    ]);
    expect(json({ ...valid, id: '', data: unknown })).toMatchObject([
      {
        kind: 'unrecognised',
        why: 'unknown-resource',
        value: { id: '', data: unknown },
        notice: { subscriptionId: 's' },
      },
    ]);
  });

  it('may leave out time and subject, and have attributes without a value', () => {
    const { time: _, subject: __, ...rest } = valid;
    expect(json({ ...rest, time: null, traceparent: null, sequence: '1' })[0]?.kind).toBe('chat-message');
  });

  it('in whatever case it says so is held to the rules', () => {
    const { specversion: _, ...rest } = valid;
    expect(json({ ...rest, SpecVersion: '1.0' })).toMatchObject([
      { kind: 'chat-message', notice: { envelopeFault: 'cloudevent-attribute-name' } },
    ]);
    const { data, ...none } = rest;
    expect(json({ ...none, SpecVersion: '1.0', Data: data! })).toMatchObject([{ kind: 'chat-message' }]);
  });
});

describe('hostile bytes', () => {
  it.each([
    ['nothing', '', 'empty-body'],
    ['spaces', ' \n ', 'empty-body'],
    ['half a document', JSON.stringify(fixture('chat-rich').body).slice(0, 200), 'not-json'],
    ['text', 'has placed an Emergency Call', 'not-json'],
    ['a depth bomb of arrays', '['.repeat(100_000), 'nested-too-deeply'],
    ['a depth bomb that is closed', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 'nested-too-deeply'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'not-utf-8'],
    ['UTF-16', new Uint8Array(Buffer.from('\uFEFF{"value":[]}', 'utf16le')), 'not-utf-8'],
  ])('%s: undecodable', (_, body, why) => {
    expect(text(body)).toEqual([{ kind: 'undecodable', why }]);
  });

  it.each([['null'], ['7'], ['"text"'], ['true'], ['{}'], ['{"value":null}'], ['[[]]'], ['[null]'], ['{"value":[7]}']])(
    '%s: well-formed, but unrecognised',
    (body) => {
      expect(text(body).map((item) => item.kind)).toEqual(['unrecognised']);
    },
  );

  it('a byte order mark does no harm', () => {
    expect(text(`\uFEFF${JSON.stringify(fixture('probe').body)}`)[0]?.kind).toBe('probe');
  });

  it('brackets in strings are not nesting', () => {
    expect(text(JSON.stringify({ value: [], note: `\\"${'['.repeat(500)}` }))).toEqual([{ kind: 'empty' }]);
  });

  it('a document that was encoded twice is read', () => {
    expect(text(JSON.stringify(JSON.stringify(fixture('probe').body)))[0]?.kind).toBe('probe');
  });

  it('__proto__ and constructor are members like any other', () => {
    const [item] = text(
      '{"value":[{"__proto__":{"subscriptionId":"NA","changeType":"Validation: x"},"constructor":{"resource":"chats"}}]}',
    );
    expect(item?.kind).toBe('unrecognised');
    expect(({} as Record<string, unknown>)['subscriptionId']).toBeUndefined();
  });

  it('lone surrogates and NUL pass through as what they are', () => {
    const [item] = text(
      '{"value":[{"subscriptionId":"a\\u0000b","changeType":"created","resource":"chats(\'\\ud800\')/messages(\'1\')"}]}',
    );
    expect(item).toMatchObject({ kind: 'chat-message', notice: { subscriptionId: 'a\u0000b' } });
  });

  it('a message of countless items ends in one that stands for the rest', () => {
    const items = json({ value: Array.from({ length: 10_050 }, () => 1) });
    expect(items).toHaveLength(10_001);
    expect(items.at(-1)).toMatchObject({ kind: 'unrecognised' });
    const nested = json(
      Array.from({ length: 101 }, () => ({
        specversion: '1.0',
        id: '1',
        source: '/',
        type: 't',
        data: { value: Array.from({ length: 100 }, () => 1) },
      })),
    );
    expect(nested).toHaveLength(10_001);
    expect(nested.at(-1)).toMatchObject({ why: 'too-many-items' });
  });
});
