import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { at, callReport, inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTriage } from '#test/support/triage.ts';

it('two triages, displaced and started again while notices arrive, raise each call once in the embedded log', async () => {
  const file = join(temporaryFolder(), 'log.db');
  // One connection each, as processes of their own would have.
  const logs = await Promise.all([0, 1, 2].map(() => createSqliteEventLog({ file, clock: systemClock })));
  const [hub, one, two] = logs as [(typeof logs)[0], (typeof logs)[0], (typeof logs)[0]];
  const calls = Array.from({ length: 60 }, (_, i) => {
    const common = { callerTokens: [`caller-${i}`], occurredAt: at(i) };
    return [
      callReport({ ...common, call: `call-${i}` }),
      callReport({ ...common, feed: 'chat' as const, call: `message-${i}` }),
    ] as const;
  });
  let revision = -1;
  const running = [startTriage(one, 'one'), startTriage(two, 'two')];
  for (const [i, pair] of calls.entries()) {
    const batch = [...pair.map((call) => inboxEvent(call)), inboxEvent()];
    const result = await hub.append('inbox-hub-0', revision < 0 ? 'no-stream' : revision, batch);
    if (!result.ok) throw new Error(result.reason);
    revision = result.revision;
    if (i % 20 !== 10) continue;
    const log = i === 30 ? one : two;
    await running[i === 30 ? 0 : 1]?.stop();
    running[i === 30 ? 0 : 1] = startTriage(log, `again-${i}`);
  }
  const written: RecordedEvent[] = await eventually('every call is there', async () => {
    const read = await hub.readAll({ direction: 'forwards', limit: 10_000 });
    const events = read.ok ? read.events.filter(({ stream }) => stream.startsWith('emergency-')) : [];
    return events.length >= calls.length * 2 && [...events];
  });
  for (const each of running) await each.stop();
  expect(written.filter(({ type }) => type === 'EmergencyRaised')).toHaveLength(calls.length);
  expect(written.filter(({ type }) => type === 'EmergencyEnriched')).toHaveLength(calls.length);
  expect(new Set(written.map(({ stream }) => stream)).size).toBe(calls.length);
  for (const log of logs) await log.close();
});
