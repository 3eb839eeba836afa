import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { emergencyStream } from '#domain/names.ts';
import { personal } from '#domain/personal.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { eventFixture } from '#test/domain/event-fixtures.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createPageActivity } from '#workflows/activities/page.ts';

const emergencyId = '00000000-0000-4000-8000-000000000003';
const clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0, sleep: async () => undefined };

/** The call that responders are told of where an emergency was raised for the notice `n`, with what was sealed for one of that id. */
async function paged(sealedFor: string): Promise<unknown> {
  const log = createMemoryEventLog();
  const sealer = createSealer({ keyStore: createMemoryKeyStore() });
  const ana = (value: Json) => personal('number:1', value);
  const call = { caller: { name: ana('Ana') }, location: { latitude: ana(47.1), longitude: ana(8.5) } };
  const sealed = await sealer.seal([{ eventId: sealedFor, document: { data: { call } } }]);
  if (!sealed.ok) throw new Error(sealed.detail);
  const { data } = sealed.documents[0] as unknown as { data: { call: JsonObject } };
  const { type, metadata, data: fixed } = eventFixture('EmergencyRaised', 1);
  const raised = { call: { ...(fixed['call'] as JsonObject), ...data.call, emergencyId, noticeId: 'n' } };
  const ids = createSeededIds(1);
  await log.append(emergencyStream(emergencyId), 'no-stream', [{ id: ids.random(), type, data: raised, metadata }]);
  const told: unknown[] = [];
  const { page } = createPageActivity({
    ...{ log, sealer, ids, clock, recordedBy: { role: 'worker', build: 'test' } },
    channels: [
      {
        name: 'webhook',
        async send({ call: shown }) {
          told.push(shown);
          return { outcome: 'accepted', detail: 'HTTP 200' };
        },
      },
    ],
  });
  await new MockActivityEnvironment().run(page, { emergencyId, attempt: 1, urgency: 1 });
  expect(told).toHaveLength(1);
  return told[0];
}

it('tells responders what the notice of the call said', async () => {
  expect(await paged('n')).toMatchObject({ caller: { name: 'Ana' }, location: { latitude: 47.1, longitude: 8.5 } });
});

it('tells responders of no person that somebody moved there from another notice', async () => {
  const call = await paged('another');
  expect(call).toMatchObject({ caller: { name: '[damaged]' }, location: {} });
  expect(JSON.stringify(call)).not.toMatch(/Ana|47\.1/);
});
