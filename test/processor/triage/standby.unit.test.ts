import { describe, expect, it } from 'vitest';
import { callReport, inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, startTriage } from '#test/support/triage.ts';

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
