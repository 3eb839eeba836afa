import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { emergencyIdOf } from '#domain/names.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import { cloudEventTypes } from '#domain/notices/types.ts';
import type { JsonObject } from '#kernel/json.ts';
import {
  bytes,
  callOf,
  contextOf,
  draftChat,
  draftEmergency,
  drafted,
  draftOf,
  fixture,
  fixtureNames,
  inTheClear,
  withoutPersonal,
} from '#test/domain/notices/fixtures.ts';

const tenant = '00000000-0000-0000-0000-0000000000aa';
const chat = '19:1c5b01696d2e4a179c292bc9cf04e63b@thread.v2';
const call = '22222222-0000-0000-0000-000000000000';

describe('the draft of every shape', () => {
  it.each(fixtureNames)(
    '%s is a valid CloudEvent of the closed table, names nobody in the clear and keeps no secret',
    (name) => {
      for (const clientState of ['match', 'mismatch', 'unchecked'] as const)
        for (const draft of drafted(name, { clientState }).drafts) {
          expect(cloudEventTypes).toContain(draft.type);
          const event = new CloudEvent({ ...draft.cloudEvent, data: draft.cloudEvent.data } as never, true);
          expect(event).toMatchObject({
            id: draft.cloudEvent['id'],
            type: draft.type,
            specversion: '1.0',
            time: draft.cloudEvent['time'],
          });
          const stored = JSON.stringify(withoutPersonal(draft.cloudEvent));
          expect(stored).not.toMatch(/petrova|5550100|microsoft way|redmond|thread\.v2|lunch|aaaaaaaa-/i);
          const everything = JSON.stringify(draft.cloudEvent) + new TextDecoder().decode(draft.quarantine);
          expect(everything).not.toContain('s3cret');
        }
    },
  );

  it.each([
    ['chat-rich', 'Microsoft.Graph.ChatMessageCreated', 'inline', 'messages/1732190400123'],
    ['chat-rich-ordinary', 'Microsoft.Graph.ChatMessageCreated', 'minimised', 'messages/1732190400123'],
    ['chat-updated', 'Microsoft.Graph.ChatMessageUpdated', 'inline', 'messages/1732190400123'],
    ['chat-deleted', 'Microsoft.Graph.ChatMessageDeleted', 'minimised', 'messages/1732190400123'],
    ['chat-basic', 'Microsoft.Graph.ChatMessageCreated', 'referred', 'messages/1732190400123'],
    ['blob-referred', 'Microsoft.Graph.ChatMessageCreated', 'referred', undefined],
    ['emergency-nested', 'Microsoft.Graph.EmergencyCallEvent', 'inline', `calls/${call}`],
    ['emergency-flat', 'Microsoft.Graph.EmergencyCallEvent', 'inline', `calls/${call}`],
    ['emergency-basic', 'Microsoft.Graph.EmergencyCallEvent', 'referred', `calls/${call}`],
    ['lifecycle', 'Microsoft.Graph.SubscriptionReauthorizationRequired', 'inline', undefined],
    ['comms', 'Microsoft.Graph.CommsNotification', 'minimised', 'calls/8A934F51F25B4EE19613D4049491857B'],
    ['probe', 'tocsin.probe', 'inline', undefined],
    ['empty', 'tocsin.empty', 'inline', undefined],
    ['event-grid-unknown', 'tocsin.unrecognised', 'minimised', undefined],
    ['event-grid-invalid', 'tocsin.undecryptable', 'encrypted', 'messages/1732190400123'],
  ])('%s becomes %s, %s', (name, type, content, subject) => {
    const { cloudEvent } = draftOf(name);
    expect(cloudEvent).toMatchObject({ type, tocsincontent: content });
    expect(cloudEvent['subject']).toBe(subject);
  });

  it('has the ids and the source of the sender where it has some, else ours', () => {
    expect(draftOf('event-grid-structured').cloudEvent).toMatchObject({
      id: '33333333-0000-0000-0000-000000000001',
      source: `/tenants/${tenant}/applications/44444444-0000-0000-0000-000000000000`,
    });
    expect(draftOf('chat-rich').cloudEvent).toMatchObject({
      id: contextOf().eventId,
      source: `/tenants/${tenant}/subscriptions/11111111-1111-1111-1111-111111111111`,
    });
    expect(draftOf('unrecognised').cloudEvent).toMatchObject({ source: '/tenants/unknown/subscriptions/unknown' });
  });

  it('happened when the sender says, unless that cannot be', () => {
    expect(draftOf('chat-rich').cloudEvent['time']).toBe('2025-11-21T12:00:00.123Z');
    expect(draftOf('chat-updated').cloudEvent['time']).toBe('2025-11-21T12:01:00.000Z');
    expect(draftOf('event-grid-unknown').cloudEvent['time']).toBe('2025-11-21T12:00:00.306Z');
    expect(draftOf('probe').cloudEvent['time']).toBe('2025-11-21T12:00:01.000Z');
    for (const createdDateTime of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'noon', '']) {
      const draft = draftChat({ createdDateTime });
      expect(draft.cloudEvent['time']).toBe('2025-11-21T12:00:01.000Z');
      expect(callOf(draft)).not.toHaveProperty('occurredAt');
    }
  });

  it('says of what was fetched that it is recovered', () => {
    expect(draftOf('recovered').cloudEvent['tocsinrecovered']).toBe(true);
    expect(draftOf('chat-rich').cloudEvent).not.toHaveProperty('tocsinrecovered');
  });
});

describe('an ordinary message', () => {
  const draft = draftOf('chat-rich-ordinary');
  it('leaves an envelope, sealed ids and something to commit to', () => {
    expect(inTheClear(draft.cloudEvent.data)).toEqual({
      kind: 'chat-message',
      delivery: 'direct',
      subscriptionId: '11111111-1111-1111-1111-111111111111',
      tenantId: tenant,
      changeType: 'created',
      odataType: '#Microsoft.Graph.chatMessage',
      subscriptionExpiresAt: '2025-11-22T12:00:00.000Z',
      messageType: 'message',
      importance: 'normal',
      chatType: 'group',
      clientStateCheck: 'match',
      senderKind: 'user',
      sender: 'aaaaaaaa-0000-4000-8000-000000000001',
      chat,
    });
    expect(JSON.stringify(draft.cloudEvent.data['sender'])).toContain(
      `user:${tenant}/aaaaaaaa-0000-4000-8000-000000000001`,
    );
    expect(JSON.stringify(draft.cloudEvent.data['chat'])).toContain(`chat:${tenant}/${chat}`);
    expect(new TextDecoder().decode(draft.commitTo)).toContain('Lunch');
    expect(draft.quarantine).toBeUndefined();
  });

  it('commits to the same bytes whatever the order of the members was', () => {
    const a = draftChat({ importance: 'normal', body: { contentType: 'text', content: 'hello' } });
    const b = draftChat({ body: { content: 'hello', contentType: 'text' }, importance: 'normal' });
    expect(a.commitTo).toEqual(b.commitTo);
  });

  it('lets nothing that a person wrote pass through the allow-list', () => {
    const secret = 'Ana';
    const ordinary = draftChat({
      importance: secret,
      messageType: secret,
      locale: secret,
      body: { contentType: 'text', content: secret },
    });
    expect(JSON.stringify(withoutPersonal(ordinary.cloudEvent))).not.toContain(secret);
  });
});

describe('an emergency in the chat', () => {
  it('carries what is known of the call, all of it marked as personal', () => {
    const draft = draftOf('chat-rich');
    expect(callOf(draft)).toEqual({
      feed: 'chat',
      emergencyId: emergencyIdOf('chat', tenant, `${chat}/1732190400123`),
      confidence: 'high',
      reasons: ['known-phrase', 'important-message', 'group-chat'],
      test: false,
      occurredAt: '2025-11-21T12:00:00.123Z',
      caller: { name: 'Ana Petrova', id: 'aaaaaaaa-0000-4000-8000-000000000001' },
      location: {
        street: '725 Microsoft Way',
        city: 'Redmond',
        region: 'WA',
        postalCode: '98052',
        floor: 'Floor 3',
        room: 'Room 312',
      },
      text: 'Ana Petrova has placed an Emergency Call\n725 Microsoft Way\nRedmond, WA 98052\nFloor 3, Room 312',
      language: 'en',
      callerTokens: [],
    });
    expect(draft.callerKeys).toEqual(['oid:aaaaaaaa-0000-4000-8000-000000000001', 'name:ana petrova']);
    expect(draft.chatKey).toBe(`chat:${tenant}/${chat}`);
    expect(inTheClear(draft.cloudEvent.data['content'])).toMatchObject({ messageType: 'message' });
    expect(draft.commitTo).toBeUndefined();
  });

  it('was edited where Graph says when, and not because it changed: a reaction or a back-fill makes an update as well', () => {
    const reasonsOf = (name: string, more: JsonObject) => {
      const { items } = drafted(name);
      const opened = { ok: true, resource: { ...fixture(name).opened, ...more } } as const;
      return callOf(draftEvent(items[0]!, opened, contextOf()))?.['reasons'];
    };
    const edited = { lastEditedDateTime: '2025-11-21T12:00:30Z' };
    expect(reasonsOf('chat-updated', {})).not.toContain('message-edited');
    expect(reasonsOf('chat-updated', { lastEditedDateTime: null })).not.toContain('message-edited');
    expect(reasonsOf('chat-updated', edited)).toContain('message-edited');
    expect(reasonsOf('chat-rich', edited)).toContain('message-edited');
  });

  it('is the same emergency over every delivery and after every edit', () => {
    const ids = ['chat-rich', 'chat-updated', 'event-grid-structured', 'event-grid-binary', 'recovered'].map(
      (name) => callOf(draftOf(name))?.['emergencyId'],
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('is the same emergency whatever the form of the resource', () => {
    const { items } = drafted('chat-basic-slashes');
    const item = items[0]!;
    if (item.kind !== 'chat-message') throw new Error('fixture');
    const draft = draftEvent(
      {
        ...item,
        content: {
          at: 'inline',
          resource: { body: { contentType: 'text', content: 'X has placed an emergency call' } },
        },
      },
      undefined,
      contextOf(),
    );
    expect(callOf(draft)?.['emergencyId']).toBe(callOf(draftOf('chat-rich'))?.['emergencyId']);
  });
});

describe('an emergency on the events feed', () => {
  it('nested and flat gives the same report', () => {
    expect(callOf(draftOf('emergency-flat'))).toEqual(callOf(draftOf('emergency-nested')));
    expect(callOf(draftOf('emergency-nested'))).toEqual({
      feed: 'events',
      emergencyId: emergencyIdOf('events', tenant, call),
      confidence: 'high',
      reasons: ['emergency-event'],
      test: false,
      occurredAt: '2025-11-21T12:00:00.123Z',
      caller: { name: 'Ana Petrova', upn: 'ana.petrova@contoso.com', callbackNumber: '+14255550100' },
      dialledNumber: '911',
      location: {
        street: '725 Microsoft Way',
        additionalInfo: 'Floor 3, Room 312',
        companyName: 'Contoso',
        city: 'Redmond',
        county: 'King',
        region: 'WA',
        postalCode: '98052',
        country: 'United States',
        latitude: 47.6396,
        longitude: -122.1283,
      },
      policy: 'EmergencyPolicy',
      callEventType: 'callStarted',
      callerTokens: [],
    });
    expect(draftOf('emergency-nested').callerKeys).toEqual([
      'upn:ana.petrova@contoso.com',
      'number:14255550100',
      'name:ana petrova',
    ]);
  });

  it('is a test when a test number was dialled', () => {
    for (const emergencyNumberDialed of ['933', ' 933 ', 'tel:933', 'sip:933@contoso.com;user=phone'])
      expect(callOf(draftEmergency({ emergencyNumberDialed }))).toMatchObject({ test: true, dialledNumber: '933' });
    expect(callOf(draftEmergency({ emergencyNumberDialed: '9331' }))).toMatchObject({ test: false });
  });

  it('is raised when nothing of it was sent, and when nothing of it can be read', () => {
    expect(callOf(draftOf('emergency-basic'))).toEqual({
      feed: 'events',
      emergencyId: emergencyIdOf('events', tenant, call),
      confidence: 'low',
      reasons: ['content-not-sent'],
      test: false,
      policy: 'EmergencyPolicy',
      callerTokens: [],
    });
    const { items } = drafted('emergency-nested');
    for (const reason of ['key-unknown', 'signature-wrong', 'cannot-decrypt'] as const) {
      const draft = draftEvent(items[0]!, { ok: false, reason }, contextOf());
      expect(draft.type).toBe('tocsin.undecryptable');
      expect(draft.cloudEvent).toMatchObject({
        tocsincontent: 'encrypted',
        data: { undecryptable: reason, encryptionCertificateId: 'cert-1' },
      });
      expect(callOf(draft)).toMatchObject({
        confidence: 'low',
        reasons: ['cannot-be-read'],
        policy: 'EmergencyPolicy',
      });
      expect(callOf(draft)?.['emergencyId']).toBe(callOf(draftOf('emergency-nested'))?.['emergencyId']);
    }
  });

  it('is known by its content where the notice does not say what it is', () => {
    const { items, drafts } = drafted('emergency-nested');
    const item = items[0]!;
    if (item.kind !== 'emergency-call') throw new Error('fixture');
    const draft = draftEvent(
      { ...item, kind: 'chat-message', change: 'updated' },
      { ok: true, resource: inTheClear(drafts[0]!.cloudEvent.data['content']) as never },
      contextOf(),
    );
    expect(draft.type).toBe('Microsoft.Graph.EmergencyCallEvent');
    expect(callOf(draft)).toEqual(callOf(drafts[0]!));
  });
});

describe('a chat message that cannot be read', () => {
  it('is stored as undecryptable and raises nothing, but can be published again until its key is destroyed', () => {
    const { items } = drafted('chat-rich');
    const draft = draftEvent(items[0]!, { ok: false, reason: 'key-unknown' }, contextOf());
    expect(draft.type).toBe('tocsin.undecryptable');
    expect(draft.cloudEvent.data).not.toHaveProperty('call');
    const again = JSON.parse(new TextDecoder().decode(draft.quarantine));
    expect(again.value[0]).toMatchObject({
      encryptedContent: { encryptionCertificateId: 'cert-1' },
      changeType: 'created',
    });
    expect(again.value[0]).not.toHaveProperty('clientState');
  });

  it('is raised all the same when it did not say that it is a message: it may be of the emergency feed', () => {
    const [notice] = (fixture('chat-rich').body as { value: readonly JsonObject[] }).value;
    const { resource: _, resourceData: __, ...bare } = notice ?? {};
    const [item] = decodeMessage({ body: bytes({ value: [bare] }), contentType: undefined, properties: {} });
    const draft = draftEvent(item!, { ok: false, reason: 'key-unknown' }, contextOf());
    expect(draft.type).toBe('tocsin.undecryptable');
    expect(draft.cloudEvent.data).toMatchObject({ call: { confidence: 'low', reasons: ['cannot-be-read'] } });
    expect(draft.quarantine).toBeDefined();
  });

  it('also when what was decrypted is a depth bomb', () => {
    let deep: unknown[] = [];
    for (let i = 0; i < 50_000; i++) deep = [deep];
    const draft = draftChat({ attachments: deep as never });
    expect(draft.type).toBe('tocsin.undecryptable');
  });
});

describe('a wrong or unknown clientState', () => {
  it('makes a notice suspicious, and an emergency in it a doubt', () => {
    for (const draft of [
      draftOf('chat-rich', { clientState: 'mismatch' }),
      draftOf('emergency-nested', { clientState: 'mismatch' }),
    ]) {
      expect(draft.type).toBe('tocsin.suspicious');
      expect(draft.cloudEvent['type']).toBe('tocsin.suspicious');
      expect(callOf(draft)).toMatchObject({
        confidence: 'low',
        reasons: expect.arrayContaining(['client-state-mismatch']),
      });
    }
    const ordinary = draftOf('chat-rich-ordinary', { clientState: 'mismatch' });
    expect(ordinary.type).toBe('tocsin.suspicious');
    expect(ordinary.cloudEvent.data).toMatchObject({ clientStateCheck: 'mismatch' });
    expect(ordinary.cloudEvent.data).not.toHaveProperty('call');
    expect(draftOf('lifecycle', { clientState: 'mismatch' }).type).toBe('tocsin.suspicious');
  });

  it('is suspicious before it is undecryptable, and says both', () => {
    const { items } = drafted('emergency-nested');
    const draft = draftEvent(
      items[0]!,
      { ok: false, reason: 'signature-wrong' },
      contextOf({ clientState: 'mismatch' }),
    );
    expect(draft.type).toBe('tocsin.suspicious');
    expect(callOf(draft)).toMatchObject({ reasons: ['cannot-be-read', 'client-state-mismatch'] });
    expect(draft.cloudEvent.data).toMatchObject({ undecryptable: 'signature-wrong' });
  });

  it('never matters to a probe, which has none', () => {
    expect(draftOf('probe', { clientState: 'mismatch' }).type).toBe('tocsin.probe');
  });

  it('that is not known leaves the judgement as it is and says so', () => {
    const draft = draftOf('chat-rich', { clientState: 'unchecked' });
    expect(draft.type).toBe('Microsoft.Graph.ChatMessageCreated');
    expect(callOf(draft)).toMatchObject({
      confidence: 'high',
      reasons: expect.arrayContaining(['client-state-unchecked']),
    });
    expect(draftOf('chat-rich-ordinary', { clientState: 'unchecked' }).cloudEvent.data).toMatchObject({
      clientStateCheck: 'unchecked',
    });
  });
});
