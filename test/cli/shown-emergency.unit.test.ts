import { expect, it } from 'vitest';
import { shownOnce } from '#cli/roles/shown-emergency.ts';
import { emergencyStream } from '#domain/names.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { EmergencyDocument } from '#projections/emergencies/document.ts';
import { foldEmergency } from '#projections/emergencies/projection.ts';
import { act } from '#test/projections/recorded.ts';
import { callReport, inboxEvent, reported } from '#test/support/calls.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const report = reported(callReport());
const id = report.emergencyId;
const stream = emergencyStream(id);
const event = (said: Pick<NewEvent, 'type' | 'data'>): NewEvent => ({
  ...inboxEvent(),
  ...said,
  id: crypto.randomUUID(),
});

/** A call that somebody has acknowledged, and a read model that has only heard that it was raised. */
async function setUp() {
  const log = createMemoryEventLog();
  await log.append(stream, 'no-stream', [event(act.raised(report))]);
  const before = foldEmergency(id, log.stream(stream));
  await log.append(stream, 0, [event(act.acknowledged())]);
  return { log, before, clock: createHurriedClock() };
}
const isAcknowledged = ({ acknowledged }: EmergencyDocument) => acknowledged !== undefined;

it('a call that somebody has is not shown as nobody’s by a read model that is behind: the log is asked', async () => {
  const { log, before, clock } = await setUp();
  expect(before).toMatchObject({ state: 'unacknowledged', revision: 0 });
  const shown = await shownOnce({ log, clock, get: async () => before }, id, isAcknowledged);
  expect(shown).toMatchObject({ id, state: 'acknowledged', revision: 1, acknowledged: { from: 'desk' } });
});

it('where the log does not answer either, nothing is shown rather than what was', async () => {
  const { before, clock } = await setUp();
  const log = { readStream: async () => ({ ok: false, reason: 'unavailable', detail: 'no answer' }) as const };
  expect(await shownOnce({ log, clock, get: async () => before }, id, isAcknowledged)).toBeUndefined();
});

it('a read model that comes level in time is what is shown', async () => {
  const { log, before, clock } = await setUp();
  const after = foldEmergency(id, log.stream(stream));
  let looks = 0;
  const get = async () => (++looks < 10 ? before : after);
  const never = { readStream: () => Promise.reject(new Error('the log need not be asked')) };
  expect(await shownOnce({ log: never, clock, get }, id, ({ revision }) => revision >= 1)).toBe(after);
});
