import { describe, expect, it, onTestFinished } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { readCallReport } from '#domain/emergency/read.ts';
import { emergencyIdOf } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { EventLog, ExpectedRevision, NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { eventually } from '#test/support/eventually.ts';
import { ingestUnderTest } from '#test/support/ingest.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const long = 'x'.repeat(900_000);
const chat = "chats('19:x@thread.v2')/messages('1')";
const policy = "communications/calls/getEmergencyEventsByPolicy(policyName='P')";
const body = { contentType: 'html', content: '<p>Ana Petrova has placed an Emergency Call</p>' };

const forms: Readonly<Record<string, JsonObject>> = {
  'a chat notice without content': { resource: `${chat}?${long}`, resourceData: { id: '1' } },
  'a chat notice whose chat has an endless id': {
    resource: `chats('${long}')/messages('1')`,
    resourceData: { id: '1' },
  },
  'an emergency notice without content': { resource: `${policy}?${long}`, resourceData: { id: 'call-1' } },
  'an emergency notice whose call has an endless id': { resource: policy, resourceData: { id: long } },
  'a chat notice that names its message by @odata.id only': {
    resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': `${chat}?${long}` },
  },
  'a chat notice with its content': {
    resource: `chats/getAllMessages?${long}`,
    resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': `${chat}?${long}`, id: '1', body },
  },
};

/** Stores one notice and something behind it. */
async function store(members: JsonObject, refusing = (log: EventLog) => log) {
  const keyStore = createMemoryKeyStore();
  const ingest = await ingestUnderTest(temporaryFolder(), keyStore);
  onTestFinished(() => ingest.log.close());
  const hub = createMemoryHub({ clock: systemClock, partitions: 1, idleMs: 50 });
  const encode = (value: unknown) => ({ body: new TextEncoder().encode(JSON.stringify(value)) });
  const notice = { subscriptionId: 's', tenantId: 't', changeType: 'created', ...members };
  hub.publish('0', [encode({ value: [notice] }), encode({ after: true })]);
  const stop = ingest.start(hub.source(), '0', { log: refusing(ingest.log) });
  const events = await eventually('both are stored', async () => {
    const stored = await ingest.events('inbox-notices-0');
    return stored.length >= 2 && stored;
  });
  await stop();
  const [first] = events;
  const data = (first?.data['data'] ?? {}) as JsonObject;
  const plain = (await createSealer({ keyStore }).unseal(data)) as JsonObject;
  return { events, first, data, plain, said: ingest.said };
}

describe('a notice that would be too large to store', () => {
  it.each(Object.entries(forms))('does not stop the partition, and stays what it is: %s', async (_, members) => {
    const { events, first, data, plain, said } = await store(members);
    expect(said.filter((line) => line.includes('refused'))).toEqual([]);
    expect(events.map(({ metadata }) => metadata['sequenceNumber'])).toEqual([0, 1]);
    expect(JSON.stringify(first).length).toBeLessThan(20_000);
    const isMarked = JSON.stringify(plain).includes('[cut: ');
    expect(isMarked || data['contentCut'] !== undefined).toBe(true);
  });

  it('is fetched as any other where it only named its message', async () => {
    const { plain } = await store(forms['a chat notice that names its message by @odata.id only'] ?? {});
    expect(plain['reference']).toEqual({
      ...{ chatId: '19:x@thread.v2', messageId: '1' },
      resource: expect.stringMatching(
        /^chats\('19:x@thread\.v2'\).{2000,}… \[cut: 900038 characters, SHA-256 [0-9a-f]{64}\]$/,
      ),
    });
  });

  it('is raised as the call that it is', async () => {
    const emergency = await store(forms['an emergency notice without content'] ?? {});
    expect(emergency.data['call']).toMatchObject({ emergencyId: emergencyIdOf('events', 't', 'call-1'), policy: 'P' });
    const message = await store(forms['a chat notice with its content'] ?? {});
    expect(message.plain['call']).toMatchObject({ feed: 'chat', reasons: expect.arrayContaining(['known-phrase']) });
    expect(message.data['contentCut']).toMatchObject({ members: ['content'] });
  });

  it('is stored cut when the log takes less than we know, also where it came with others', async () => {
    const limit = 8_000;
    const sizeOf = ({ data }: NewEvent) => JSON.stringify(data).length;
    const refusing = (log: EventLog): EventLog => ({
      ...log,
      append: async (stream, expected, events) =>
        events.reduce((sum, event) => sum + sizeOf(event), 0) > limit
          ? { ok: false, reason: 'too-large', limit }
          : log.append(stream, expected, events),
    });
    const content = `${body.content}<p>${'y'.repeat(50_000)}</p>`;
    const { events, first, data, plain, said } = await store(
      {
        resource: chat,
        resourceData: {
          ...{ '@odata.type': '#Microsoft.Graph.chatMessage', id: '1', importance: 'high' },
          ...{ from: { user: { id: 'u1', displayName: 'Ana Petrova' } }, body: { ...body, content } },
        },
      },
      refusing,
    );
    expect(events.map(({ type }) => type)).toEqual(['Microsoft.Graph.ChatMessageCreated', 'tocsin.unrecognised']);
    expect(sizeOf(first as NewEvent)).toBeLessThanOrEqual(limit);
    expect(plain['call']).toMatchObject({
      ...{ emergencyId: emergencyIdOf('chat', 't', '19:x@thread.v2/1'), caller: { name: 'Ana Petrova' } },
      reasons: expect.arrayContaining(['known-phrase']),
    });
    expect(data['cutToStore']).toMatchObject({
      members: expect.arrayContaining(['content', 'call/text']),
      hash: { algorithm: 'SHA-256', value: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(isJsonObject(data['content'])).toBe(false);
    expect(said).toContain('0 refused too-large');
  });
});

describe('a notice that the log refuses as invalid', () => {
  /** Refuses what `offends` finds in, whatever came with it. */
  const refusing = (offends: (text: string) => boolean) => (log: EventLog) => ({
    ...log,
    append: async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) =>
      events.some((event) => offends(JSON.stringify(event.data)))
        ? ({ ok: false, reason: 'invalid', detail: 'not to my taste' } as const)
        : log.append(stream, expected, events),
  });
  const message = {
    resource: chat,
    resourceData: {
      ...{ '@odata.type': '#Microsoft.Graph.chatMessage', id: '1', importance: 'high', body },
      from: { user: { id: 'u1', displayName: 'Ana Petrova' } },
    },
  };

  it('is stored without what the log does not take, as the call that it is, and counted', async () => {
    const { events, data, plain, said } = await store(
      message,
      refusing((text) => text.includes('"content":')),
    );
    expect(events.map(({ metadata }) => metadata['sequenceNumber'])).toEqual([0, 1]);
    expect(plain['call']).toMatchObject({ caller: { name: 'Ana Petrova' } });
    expect(data['notStored']).toMatchObject({ reason: 'invalid', hash: { algorithm: 'SHA-256' } });
    expect(said).toContain('0 refused invalid');
    expect(said.filter((line) => line.includes('waiting'))).toEqual([]);
  });

  it('is raised as a call of which nothing else is known where the log takes nothing of it', async () => {
    const onlyOurs = await store(
      message,
      refusing((text) => text.includes('"caller":')),
    );
    expect(onlyOurs.events).toHaveLength(2);
    expect(onlyOurs.data['call']).toMatchObject({
      ...{ emergencyId: emergencyIdOf('chat', 't', '19:x@thread.v2/1'), confidence: 'low' },
      reasons: expect.arrayContaining(['known-phrase', 'not-stored']),
    });
    const named = await store(
      { resource: chat, resourceData: { id: '1' } },
      refusing((text) => text.includes('"reference":')),
    );
    expect(named.data['call']).toMatchObject({ feed: 'chat', confidence: 'low', reasons: ['not-stored'] });
    expect(readCallReport(named.first as RecordedEvent)).toMatchObject({ test: false });
  });
});
