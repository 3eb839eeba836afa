import { expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { createActs } from '#processor/acts/act.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { eventFixture } from '#test/domain/event-fixtures.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';

const id = '00000000-0000-4000-8000-000000000001';
const stream = `emergency-${id}`;
const away = { ok: false, reason: 'unavailable', detail: 'no answer' } as const;

/** Acknowledges a call; what the log does about the append, and whether it answers afterwards. */
async function acknowledge(fault: ReturnType<NonNullable<MemoryEventLog['faults']>>, answersAfterwards: boolean) {
  const log = createMemoryEventLog();
  const keyStore = createMemoryKeyStore({ ids: createSeededIds(1) });
  const { data, metadata, type } = eventFixture('EmergencyRaised', 1);
  await log.append(stream, 'no-stream', [{ id: createSeededIds(9).random(), type, data, metadata }]);
  let asked = false;
  log.faults = () => {
    const first = !asked;
    asked = true;
    return first || !answersAfterwards ? fault : undefined;
  };
  const acts = createActs({
    log: {
      append: log.append,
      readStream: async (...given) => (asked && !answersAfterwards ? away : log.readStream(...given)),
    },
    ...{ sealer: createSealer({ keyStore }), keyStore, clock: createHurriedClock(), ids: createSeededIds(2) },
    recordedBy: { role: 'desk', build: '0.1.0' },
  });
  const result = await acts.act(id, { act: 'acknowledge', by: 'Ana', from: 'desk' });
  return { result, stored: log.stream(stream).length - 1 };
}

it('an act whose append was lost sight of may be recorded, and that is what is said', async () => {
  const { result, stored } = await acknowledge('lost-answer', false);
  expect([result, stored]).toMatchObject([{ ok: false, reason: 'outcome-unknown' }, 1]);
});

it('a log that says afterwards that it has the act settles it', async () => {
  expect(await acknowledge('lost-answer', true)).toMatchObject({ result: { ok: true, revision: 1 }, stored: 1 });
});

it('a log that took nothing is told apart from one that may have taken it', async () => {
  expect(await acknowledge(away, false)).toMatchObject({ result: { ok: false, reason: 'unavailable' }, stored: 0 });
});
