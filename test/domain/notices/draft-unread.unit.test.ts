import { describe, expect, it } from 'vitest';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { JsonObject } from '#kernel/json.ts';
import {
  bytes,
  callOf,
  contextOf,
  drafted,
  draftOf,
  fixture,
  inTheClear,
  messageOf,
} from '#test/domain/notices/fixtures.ts';

const chat = '19:1c5b01696d2e4a179c292bc9cf04e63b@thread.v2';

describe('what could not be read', () => {
  it('is kept to its bound for the quarantine, and committed to as a whole', () => {
    const body = new Uint8Array(70_000).fill(0xff);
    const draft = draftEvent({ kind: 'undecodable', why: 'not-utf-8' }, undefined, contextOf({ body }));
    expect(draft.cloudEvent.data).toEqual({ kind: 'undecodable', why: 'not-utf-8', bytes: 70_000 });
    expect(draft.quarantine).toHaveLength(65_536);
    expect(draft.commitTo).toEqual(body);
  });

  it('is kept item by item where the message held several', () => {
    const { drafts } = drafted('mixed');
    const unknown = drafts[3]!;
    const kept = JSON.parse(new TextDecoder().decode(unknown.quarantine));
    expect(kept).toMatchObject({ resource: 'communications/callRecords/1' });
    expect(unknown.cloudEvent.data).toMatchObject({ kind: 'unrecognised', why: 'unknown-resource' });
  });

  it('keeps members of whatever name, and no secret', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"deep":[{"ClientState":"s3cret"}]}');
    const draft = draftEvent(
      { kind: 'unrecognised', value, why: 'unknown-shape' },
      undefined,
      contextOf({ body: bytes(value) }),
    );
    expect(new TextDecoder().decode(draft.quarantine)).toBe('{"__proto__":{"a":1},"deep":[{}]}');
  });
});

describe('an emergency in what claims to be a CloudEvent and is none', () => {
  it.each([
    ['cloudevent-subject', { subject: '' }],
    ['cloudevent-time', { time: '2025-11-21 12:00:00Z' }],
    ['cloudevent-attribute-name', { partitionKey: 'x' }],
    ['cloudevent-specversion', { specversion: '2.0' }],
  ])('is raised, under ids of ours, and the fault is on record: %s', (envelopeFault, more) => {
    const valid = fixture('event-grid-structured');
    const body = { ...(valid.body as JsonObject), ...more };
    const [item, ...rest] = decodeMessage(messageOf({ ...valid, body }));
    expect(rest).toEqual([]);
    const draft = draftEvent(item!, { ok: true, resource: fixture('chat-rich').opened! }, contextOf());
    expect(draft.cloudEvent).toMatchObject({
      ...{ type: 'Microsoft.Graph.ChatMessageCreated', id: contextOf().eventId, time: '2025-11-21T12:00:00.123Z' },
      source: '/tenants/00000000-0000-0000-0000-0000000000aa/subscriptions/11111111-1111-1111-1111-111111111111',
      data: { delivery: 'event-grid', envelopeFault },
    });
    expect(callOf(draft)).toEqual(callOf(draftOf('chat-rich')));
  });
});

describe('what only refers to its content', () => {
  it('names it so that it can be fetched, the chat sealed', () => {
    expect(inTheClear(draftOf('chat-basic').cloudEvent.data)).toMatchObject({
      referred: 'basic',
      reference: { chatId: chat, messageId: '1732190400123' },
    });
    expect(draftOf('blob-referred').cloudEvent.data).toMatchObject({
      referred: 'blob',
      blobId: '2025-11-21/5a1c0e2b-7a53-4f6e-8a4e-3f8c1d2b9a10',
    });
    expect(draftOf('chat-basic').cloudEvent.data).not.toHaveProperty('call');
  });

  it.each([
    [`chats('${chat}')/messages('17')`, {}],
    [`chats('${chat}')/messages('16')/replies('17')`, { resource: `chats('${chat}')/messages('16')/replies('17')` }],
  ])('keeps the path where that says more than chat and message do: %s', (resource, kept) => {
    const notice = { delivery: 'direct', resource } as const;
    const content = { at: 'referred', why: 'basic' } as const;
    const draft = draftEvent({ kind: 'chat-message', change: 'created', notice, content }, undefined, contextOf());
    expect(inTheClear(draft.cloudEvent.data)).toHaveProperty('reference', { ...kept, chatId: chat, messageId: '17' });
  });

  it('is a call at once where only its subscription says that it is of the emergency feed', () => {
    const { items, drafts } = drafted('blob-referred', { feed: 'events', clientState: 'mismatch' });
    expect(items[0]).toMatchObject({ kind: 'chat-message', guessed: true });
    expect(drafts[0]).toMatchObject({ type: 'tocsin.suspicious', cloudEvent: { tocsincontent: 'referred' } });
    expect(drafts[0]?.cloudEvent.data).toMatchObject({
      ...{ referred: 'blob', blobId: expect.stringContaining('5a1c0e2b') },
      call: { feed: 'events', confidence: 'low', reasons: ['content-not-sent', 'client-state-mismatch'] },
    });
    for (const feed of ['chat', undefined] as const)
      expect(drafted('blob-referred', feed && { feed }).drafts[0]?.cloudEvent.data).not.toHaveProperty('call');
  });
});
