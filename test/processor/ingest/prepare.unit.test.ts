import { expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';
import { type PrepareDeps, prepareBatch } from '#processor/ingest/prepare.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { tenant } from '#test/support/calls.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');
const keyStore = createMemoryKeyStore();
const deps: PrepareDeps = {
  ...{ keyStore, sealer: createSealer({ keyStore }), clock: createManualClock(noon), testNumbers: [] },
  ...{ phrases: defaultPhrases, recordedBy: { role: 'ingest', build: 'test' } },
  opener: { open: async () => ({ ok: false, reason: 'key-unknown' }) },
  judgeClientState: () => 'match',
};

/** One message with so many notices. */
function messageOf(notices: number, sequenceNumber: number): ReceivedMessage {
  const value = Array.from({ length: notices }, (_, n) => ({
    ...{ subscriptionId: 's', tenantId: tenant, changeType: 'created' },
    resource: `chats('19:${n}@unq.gbl.spaces')/messages('${n}')`,
  }));
  const plain = { contentType: 'application/json', messageId: undefined, partitionKey: undefined, properties: {} };
  const place = { partitionId: '0', sequenceNumber, offset: `${sequenceNumber}`, enqueuedAt: noon };
  return { ...place, ...plain, body: new TextEncoder().encode(JSON.stringify({ value })) };
}

async function prepared(...args: Parameters<typeof prepareBatch>) {
  const result = await prepareBatch(...args);
  if (!result.ok) throw new Error(result.detail);
  return result.events.map(({ event: { id, metadata } }) => ({ id, index: metadata['index'], of: metadata['count'] }));
}

it('lets everybody else have his turn while it works on one message of thousands of notices', async () => {
  let turns = 0;
  const turn = () => {
    turns += 1;
    others = setImmediate(turn);
  };
  let others = setImmediate(turn);
  let now = 0;
  const clock = { ...deps.clock, monotonic: () => (now += 30) };
  const events = await prepared({ ...deps, clock }, 'hub@1', [messageOf(3_000, 1)]);
  clearImmediate(others);
  expect(events).toHaveLength(3_000);
  expect(turns).toBeGreaterThan(20);
});

it('makes the same events of the same notices, wherever in a message it begins', async () => {
  const messages = [messageOf(7, 1), messageOf(500, 2), messageOf(1, 3)];
  const whole = await prepared(deps, 'hub@1', messages);
  expect(whole).toHaveLength(508);
  expect(new Set(whole.map(({ id }) => id)).size).toBe(508);
  expect(whole.slice(7, 507).map(({ index, of }) => [index, of])).toEqual(
    Array.from({ length: 500 }, (_, index) => [index, 500]),
  );
  for (const index of [0, 1, 121, 128, 499, 500])
    expect(await prepared(deps, 'hub@1', messages.slice(1), { sequenceNumber: 2, index })).toEqual(
      whole.slice(7 + index),
    );
});
