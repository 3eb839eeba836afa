import { expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { prepareBatch } from '#processor/ingest/prepare.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';
import { recoveredNotice } from '#processor/resolve/recovered-notice.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { tenant } from '#test/support/calls.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');
const keyStore = createMemoryKeyStore();
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function prepared(
  sequenceNumber: number,
  body: Uint8Array,
  properties: Readonly<Record<string, unknown>> = {},
): Promise<NewEvent> {
  const place = { partitionId: '0', sequenceNumber, offset: `${sequenceNumber}`, enqueuedAt: noon };
  const result = await prepareBatch(
    {
      ...{ keyStore, sealer: createSealer({ keyStore }), clock: createManualClock(noon), testNumbers: [] },
      ...{ phrases: defaultPhrases, recordedBy: { role: 'ingest', build: 'test' } },
      opener: { open: async ({ data }) => ({ ok: true, resource: JSON.parse(atob(data)) as JsonObject }) },
      judgeClientState: (_id, clientState, proof) =>
        clientState === proof || clientState === 'of events' ? 'match' : 'mismatch',
      feedOf: (id, clientState) => (clientState === 'of events' ? 'events' : id === 'chat-1' ? 'chat' : undefined),
    },
    'hub@1',
    [{ ...place, body, contentType: 'application/json', properties } as never],
  );
  const event = result.ok ? result.events[0]?.event : undefined;
  if (event === undefined) throw new Error('nothing was prepared');
  return event;
}

const callOf = ({ data }: NewEvent) => (data['data'] as JsonObject)['call'] as JsonObject | undefined;
/** All that Graph sends by itself where the content went to a blob: neither type nor resource. */
const oversized = (subscriptionId: string, clientState: string) =>
  bytes({
    value: [
      { subscriptionId, clientState, changeType: 'updated', tenantId: tenant, additionalPayloadStorageId: 'b/1' },
    ],
  });

it('makes a notice of the emergency feed a call at once, though its content waits in a blob, and what is fetched the same call', async () => {
  const notice = await prepared(1, oversized('events-1', 'of events'));
  expect(callOf(notice)).toMatchObject({ feed: 'events', confidence: 'low', reasons: ['content-not-sent'] });
  expect(notice.data).toMatchObject({ tocsincontent: 'referred', data: { blobId: 'b/1' } });

  const { id, data, metadata } = notice;
  const content = { '@odata.type': '#microsoft.graph.emergencyCallEvent', id: 'call-1', emergencyNumberDialed: '911' };
  const recovered = await recoveredNotice(
    {
      encrypt: (resource) => ({ data: btoa(JSON.stringify(resource)), dataKey: 'k', encryptionCertificateId: 'c' }),
      clientState: (event) => recoveryProof(keyStore, event.id),
    },
    { id, data, metadata } as RecordedEvent,
    bytes(content),
  );
  if (!recovered.ok) throw new Error(recovered.reason);
  const fetched = await prepared(2, recovered.message.body, recovered.message.properties);
  expect(callOf(fetched)).toMatchObject({ dialledNumber: '911', recoveredOf: callOf(notice)?.['emergencyId'] });
});

it('makes a notice of the emergency feed a call though nobody knows its form, and what is unknown otherwise none', async () => {
  const odd = (clientState: string, more: object = {}) =>
    bytes({ value: [{ subscriptionId: 's', clientState, changeType: 'created', tenantId: tenant, ...more }] });
  const call = await prepared(5, odd('of events', { resource: 'someday/new' }));
  expect(call).toMatchObject({ type: 'tocsin.unrecognised', data: { data: { quarantine: expect.anything() } } });
  expect(callOf(call)).toMatchObject({ feed: 'events', confidence: 'low', reasons: ['shape-unknown'] });
  expect(callOf(await prepared(6, odd('other', { resource: 'someday/new' })))).toBeUndefined();
  expect(callOf(await prepared(7, odd('of events', { lifecycleEvent: 'someday' })))).toBeUndefined();
});

it('leaves a notice of the chat feed, and one that nobody knows, to be fetched', async () => {
  expect(callOf(await prepared(3, oversized('chat-1', 'other')))).toBeUndefined();
  expect(callOf(await prepared(4, oversized('foreign', 'other')))).toBeUndefined();
});
