import { expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { JsonObject } from '#kernel/json.ts';
import { prepareBatch } from '#processor/ingest/prepare.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { tenant } from '#test/support/calls.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');
const keyStore = createMemoryKeyStore();
let sequenceNumber = 0;

/** The token of what a notice of the emergency feed says, each in a message of its own. */
async function tokenOf(callerInfo: JsonObject): Promise<unknown> {
  const resource = "communications/calls/getEmergencyEventsByPolicy(policyName='P')";
  const emergencyCallEvent = { id: 'call-1', callEventType: 'callStarted', emergencyNumberDialed: '911', callerInfo };
  const resourceData = { '@odata.type': '#microsoft.graph.emergencyCallEvent', id: 'call-1', emergencyCallEvent };
  const body = { value: [{ subscriptionId: 's', tenantId: tenant, changeType: 'updated', resource, resourceData }] };
  sequenceNumber++;
  const place = { partitionId: '0', sequenceNumber, offset: `${sequenceNumber}`, enqueuedAt: noon };
  const plain = { contentType: 'application/json', messageId: undefined, partitionKey: undefined, properties: {} };
  const result = await prepareBatch(
    {
      ...{ keyStore, sealer: createSealer({ keyStore }), clock: createManualClock(noon), testNumbers: [] },
      ...{ phrases: defaultPhrases, recordedBy: { role: 'ingest', build: 'test' } },
      opener: { open: async () => ({ ok: false, reason: 'key-unknown' }) },
      judgeClientState: () => 'match',
    },
    'hub@1',
    [{ ...place, ...plain, body: new TextEncoder().encode(JSON.stringify(body)) }],
  );
  const event = result.ok ? result.events[0]?.event : undefined;
  if (event === undefined) throw new Error('nothing was prepared');
  return ((event.data['data'] as JsonObject)['call'] as JsonObject)['contentToken'];
}

const at = (street: string) => ({ location: { address: { street, city: 'Redmond' } } });

it.each<[string, JsonObject]>([
  ['nobody knows', {}],
  ['is known by name alone', { displayName: 'Lobby' }],
  ['is known by UPN', { upn: 'ana@contoso.example' }],
])(
  'gives the same token when Graph sends again what it said of a caller who %s, another one for another place',
  async (_, caller) => {
    const token = await tokenOf({ ...caller, ...at('1 Main St') });
    expect(token).toEqual(expect.stringMatching(/./));
    expect(await tokenOf({ ...caller, ...at('1 Main St') })).toBe(token);
    expect(await tokenOf({ ...caller, ...at('2 Main St') })).not.toBe(token);
  },
);
