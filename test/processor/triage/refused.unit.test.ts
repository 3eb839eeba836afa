import { expect, it, onTestFinished } from 'vitest';
import { callReport } from '#test/support/calls.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, startTriage } from '#test/support/triage.ts';

it('raises a call without what the log refuses to take of it, and says so', async () => {
  const log = createMemoryEventLog();
  log.faults = (stream, events) =>
    stream.startsWith('emergency-') && events.some(({ data }) => JSON.stringify(data).includes('"policy":"odd"'))
      ? { ok: false, reason: 'invalid', detail: 'not to my taste' }
      : undefined;
  const running = startTriage(log);
  onTestFinished(() => running.stop());
  const call = callReport({ policy: 'odd' });
  await deliver(log, notice(call), notice(callReport({ call: 'call-2' })));
  await judged(log, running);
  const raised = emergencies(log).get(call.emergencyId);
  expect(raised).toMatchObject({ status: 'unacknowledged', call: { verified: false } });
  expect(log.stream(`emergency-${call.emergencyId}`)[0]?.data).toMatchObject({
    call: { confidence: 'low', reasons: expect.arrayContaining([...call.reasons, 'not-stored']) },
  });
  expect(running.triage.health().counts).toMatchObject({ raised: 2, refused: 0 });
});
