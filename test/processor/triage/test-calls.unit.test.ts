import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, callReport } from '#test/support/calls.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, type RunningTriage, startTriage } from '#test/support/triage.ts';

describe('triage of a test call and a real one of the same caller', () => {
  let log: MemoryEventLog;
  let running: RunningTriage;
  beforeEach(() => {
    log = createMemoryEventLog();
    running = startTriage(log);
  });
  afterEach(() => running.stop());

  const testAt = (seconds: number) =>
    callReport({ call: 'test', test: true, dialledNumber: '933', occurredAt: at(seconds) });
  const chatAt = (seconds: number, dialledNumber?: string) =>
    callReport({
      ...{ feed: 'chat', call: 'chat-1', occurredAt: at(seconds) },
      ...(dialledNumber === undefined ? {} : { dialledNumber }),
    });

  async function judge(...calls: readonly ReturnType<typeof callReport>[]) {
    await deliver(log, ...calls.map((call) => notice(call)));
    await judged(log, running);
    return emergencies(log);
  }

  it.each([
    ['first', [chatAt(0, '911'), testAt(100)]],
    ['second', [testAt(0), chatAt(100, '911')]],
    ['second, in words without a number', [testAt(0), chatAt(100)]],
    ['first, in words without a number', [chatAt(0), testAt(20)]],
  ])('keeps them apart, linked, where the real one came %s', async (_, calls) => {
    const all = await judge(...calls);
    const [test, real] = [testAt(0).emergencyId, chatAt(0).emergencyId];
    expect(all.get(real)).toMatchObject({ call: { test: false }, links: [{ to: test, why: 'redial' }] });
    expect(all.get(test)).toMatchObject({ call: { test: true }, links: [{ to: real, why: 'redial' }] });
  });

  it('puts both notices of the real one together though the test was just before', async () => {
    const events = callReport({ call: 'real', occurredAt: at(100) });
    const all = await judge(testAt(0), chatAt(101), events);
    expect(all.size).toBe(2);
    expect(all.get(chatAt(0).emergencyId)).toMatchObject({ call: { test: false, feeds: ['chat', 'events'] } });
  });

  it.each([
    ['names the test number', chatAt(60, '933')],
    ['names none and is of the same moment', chatAt(4)],
  ])('takes both feeds of the test as one where the message %s', async (_, chat) => {
    for (const calls of [
      [chat, testAt(0)],
      [testAt(0), chat],
    ]) {
      const all = await judge(...calls);
      expect([...all.values()]).toMatchObject([{ call: { test: true, feeds: [calls[0]?.feed, calls[1]?.feed] } }]);
      await running.stop();
      log = createMemoryEventLog();
      running = startTriage(log);
    }
  });

  it('takes different numbers for one call where both are real: the one in a message may be that of a room', async () => {
    const all = await judge(callReport(), chatAt(60, '1204'));
    expect(all.size).toBe(1);
  });
});
