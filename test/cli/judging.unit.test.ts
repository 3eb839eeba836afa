import { expect, it, onTestFinished } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { createJudging, unjudgedMs } from '#cli/roles/judging.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { triageStream } from '#domain/names.ts';
import type { EventLog } from '#ports/event-log.ts';
import { createTriage } from '#processor/triage/triage.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { callReport, inboxEvent, noon } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

function setUp() {
  const clock = createManualClock(noon);
  const log = createMemoryEventLog(clock.now);
  let away = false;
  const readStream: EventLog['readStream'] = async (...given) =>
    away ? { ok: false, reason: 'unavailable', detail: 'no answer' } : log.readStream(...given);
  let looks = 0;
  const judging = createJudging({
    ...{ clock, log: { readStream }, hub: 'hub', partitions: () => ['0', '1'] },
    onLook: () => looks++,
  });
  const stop = new AbortController();
  const ended = judging.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const messages = { '0': 0, '1': 0 };
  return {
    ...{ clock, log, judging, signal: stop.signal },
    answer: (does: boolean) => {
      away = !does;
    },
    async message(partition: '0' | '1' = '0', call?: ReturnType<typeof callReport>) {
      const revision = messages[partition]++;
      await log.append(`inbox-hub-${partition}`, revision === 0 ? 'no-stream' : revision - 1, [inboxEvent(call)]);
    },
    async judgedAll() {
      const revision = log.stream(triageStream).length - 1;
      const position = log.events.at(-1)?.position ?? '';
      const event = { id: crypto.randomUUID(), type: 'TriageAdvanced', data: { position }, metadata: {} };
      await log.append(triageStream, revision < 0 ? 'no-stream' : revision, [event]);
    },
    /** So many looks, three seconds apart. */
    async look(count: number) {
      for (; count > 0; count--) {
        const before = looks;
        clock.advance(3000);
        await eventually('a look', () => looks > before);
      }
    },
    begun: () => eventually('the first look', () => looks > 0),
  };
}

it('a log in which nothing waits is never behind, however long it is quiet', async () => {
  const { judging, message, judgedAll, look, begun } = setUp();
  await begun();
  await look(10);
  expect(judging.waitingMs()).toBe(0);
  await message();
  await judgedAll();
  await look(20);
  expect(judging.waitingMs()).toBe(0);
});

it('what nobody judges is seen to wait, from when it was first seen', async () => {
  const { judging, message, judgedAll, look, begun } = setUp();
  await begun();
  await message();
  await judgedAll();
  await message('1');
  await look(4);
  expect(judging.waitingMs()).toBe(9000);
  await message('0');
  await look(1);
  expect(judging.waitingMs()).toBe(12_000);
  expect(judging.waitingMs()).toBeGreaterThan(unjudgedMs);
  await judgedAll();
  await look(1);
  expect(judging.waitingMs()).toBe(0);
});

it('who judges a backlog moves on and is behind all the same', async () => {
  const { judging, log, message, look, begun } = setUp();
  await begun();
  for (let n = 0; n < 8; n++) {
    await message();
    await look(1);
    if (n % 2 === 0) continue;
    // Up to what came six looks ago, say.
    const position = log.stream('inbox-hub-0')[Math.max(0, n - 6)]?.position ?? '';
    const revision = log.stream(triageStream).length - 1;
    const event = { id: crypto.randomUUID(), type: 'TriageAdvanced', data: { position }, metadata: {} };
    await log.append(triageStream, revision < 0 ? 'no-stream' : revision, [event]);
  }
  await look(1);
  expect(judging.waitingMs()).toBeGreaterThan(unjudgedMs);
});

it('while the log does not answer nobody knows what was judged', async () => {
  const { judging, message, look, begun, answer } = setUp();
  await begun();
  await message();
  await look(5);
  expect(judging.waitingMs()).toBe(12_000);
  answer(false);
  await look(2);
  expect(judging.waitingMs()).toBe(0);
  answer(true);
  await look(1);
  expect(judging.waitingMs()).toBe(0);
  await look(4);
  expect(judging.waitingMs()).toBe(12_000);
});

it('a triage that runs is never called behind: not by calls, not by chatter, not while nothing comes', async () => {
  const { clock, log, judging, message, look, begun, signal } = setUp();
  await begun();
  const triage = createTriage({
    ...{ log, clock, ids: systemIds, instanceId: 'test' },
    metadata: (causationId, correlationId) =>
      eventMetadata({ role: 'triage', build: 'test' }, clock.now(), correlationId, causationId),
  });
  void triage.run(signal);
  await eventually('it judges', () => triage.health().caughtUp);
  for (let round = 0; round < 12; round++) {
    if (round < 8)
      await message(round % 2 === 0 ? '0' : '1', round % 3 === 0 ? callReport({ call: `${round}` }) : undefined);
    await eventually(
      'it was judged',
      () => Object.values(triage.health().counts).reduce((a, b) => a + b, 0) >= Math.min(round + 1, 8),
    );
    await look(1);
    expect(judging.waitingMs()).toBeLessThan(unjudgedMs);
  }
  expect(judging.waitingMs()).toBe(0);
});
