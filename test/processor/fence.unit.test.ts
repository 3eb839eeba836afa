import { expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { AppendResult } from '#ports/event-log.ts';
import { createFence } from '#processor/fence.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const never = new AbortController().signal;

function fenced() {
  const log = createMemoryEventLog();
  const waited: (string | undefined)[] = [];
  const clock = createHurriedClock();
  const of = (instanceId: string) =>
    createFence({
      ...{ log, clock, ids: systemIds, instanceId, stream: 'triage', type: 'TriageAdvanced' },
      metadata: (causation, correlation) =>
        eventMetadata({ role: 'triage', build: 'test' }, clock.now(), causation, correlation),
      onWaiting: (detail) => waited.push(detail),
    });
  return { log, clock, waited, of };
}

it('is lost to whoever moved the position in the meantime', async () => {
  const { of } = fenced();
  const [first, second] = [of('first'), of('second')];
  const point = await first.read(never);
  if (point === undefined) throw new Error('aborted');
  expect(await second.advance(point, '1', {}, never)).toMatchObject({ revision: 0, position: '1' });
  expect(await first.advance(point, '2', {}, never)).toBe('lost');
});

it('is not lost to a log that refuses the position for a reason of its own: it says why, waits, and goes on', async () => {
  const { log, clock, waited, of } = fenced();
  const refusals: AppendResult[] = [
    { ok: false, reason: 'stream-deleted', detail: 'triage is deleted' },
    { ok: false, reason: 'too-large', limit: 7 },
  ];
  log.faults = () => refusals.shift();
  const fence = of('first');
  const point = await fence.read(never);
  if (point === undefined) throw new Error('aborted');
  expect(await fence.advance(point, '1', {}, never)).toMatchObject({ revision: 0, position: '1' });
  expect(waited).toEqual(['triage is deleted', 'triage: more than 7 bytes', undefined]);
  expect(clock.monotonic()).toBeGreaterThan(0);
});
