import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { at, callReport, inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, type RunningTriage, startTriage } from '#test/support/triage.ts';

const delay = (type: 'FetchDelayed' | 'FetchResumed', more: JsonObject = {}): NewEvent => ({
  ...{ id: crypto.randomUUID(), type, data: { at: at(60), since: at(0), ...more }, metadata: {} },
});

/** Another one that was started later and is active now. */
async function displaced(log: MemoryEventLog, first: RunningTriage): Promise<RunningTriage> {
  await deliver(log, inboxEvent());
  await judged(log, first);
  const second = startTriage(log, 'second');
  await judged(log, second);
  await eventually('the first stands by', () => first.triage.health().state === 'standby');
  return second;
}

describe('a triage that stands by', () => {
  it('takes over when the active one died and notices wait', async () => {
    const log = createMemoryEventLog();
    const clock = createHurriedClock();
    const first = startTriage(log, 'first', { clock });
    await deliver(log, inboxEvent());
    await judged(log, first);
    const second = startTriage(log, 'second');
    await judged(log, second);
    await eventually('the first stands by', () => first.triage.health().state === 'standby');
    await second.stop();
    const call = callReport();
    await deliver(log, notice(call));
    await eventually('the first judges again', () => emergencies(log).has(call.emergencyId));
    expect(first.triage.health()).toMatchObject({ state: 'active', counts: { raised: 1 } });
    await first.stop();
  });

  it('takes over when the active one died and all that waits is that notices wait', async () => {
    const log = createMemoryEventLog();
    const clock = createHurriedClock();
    const first = startTriage(log, 'first', { clock });
    const second = await displaced(log, first);
    await second.stop();
    await log.append('fetch-1', 'no-stream', [delay('FetchDelayed', { count: 3, notices: [] })]);
    await eventually('the first raises it', () => emergencies(log).size === 1);
    expect(first.triage.health()).toMatchObject({ state: 'active', counts: { raised: 1 } });
    await first.stop();
  });

  it('leaves it to the active one to judge what changes nothing', async () => {
    const log = createMemoryEventLog();
    const clock = createManualClock(Date.parse(at(0)));
    const first = startTriage(log, 'first', { clock });
    await eventually('the first is active', () => first.triage.health().caughtUp);
    const second = startTriage(log, 'second');
    await eventually('the first stands by', () => first.triage.health().state === 'standby');
    await log.append('fetch-1', 'no-stream', [delay('FetchResumed')]);
    const last = log.events.at(-1)?.position ?? '';
    await eventually('the second is past it', () => (second.triage.health().position ?? '') >= last);
    const before = log.stream('triage').length;
    for (let turn = 0; turn < 2_000; turn++) {
      if (turn % 20 === 0) clock.advance(500);
      await new Promise((done) => setImmediate(done));
    }
    expect(log.stream('triage')).toHaveLength(before);
    expect(second.triage.health().state).toBe('active');
    await second.stop();
    await first.stop();
  });

  it('leaves a log alone in which nothing waits', async () => {
    const log = createMemoryEventLog();
    const clock = createHurriedClock();
    const first = startTriage(log, 'first', { clock });
    await deliver(log, inboxEvent());
    await judged(log, first);
    const second = startTriage(log, 'second');
    await judged(log, second);
    await eventually('the first stands by', () => first.triage.health().state === 'standby');
    await second.stop();
    const before = log.stream('triage').length;
    const start = clock.monotonic();
    await eventually('a minute passed', () => clock.monotonic() - start > 60_000);
    expect(log.stream('triage')).toHaveLength(before);
    expect(first.triage.health().state).toBe('standby');
    await first.stop();
  });
});
