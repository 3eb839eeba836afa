import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import type { NewEvent } from '#ports/event-log.ts';
import { at, callReport, inboxEvent } from '#test/support/calls.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, startTriage } from '#test/support/triage.ts';

/** A notice of one of a few calls of one of a few callers: close enough in time that everything may be about everything. */
const aNotice = fc
  .record({
    feed: fc.constantFrom('chat' as const, 'events' as const),
    call: fc.integer({ min: 0, max: 5 }),
    seconds: fc.integer({ min: 0, max: 900 }),
    caller: fc.integer({ min: 0, max: 3 }),
    chat: fc.integer({ min: 0, max: 2 }),
    confidence: fc.constantFrom('high' as const, 'medium' as const, 'low' as const),
    ended: fc.boolean(),
  })
  .map(({ feed, call, seconds, caller, chat, confidence, ended }) =>
    callReport({
      ...{ feed, call: `${feed}-${call}`, confidence, occurredAt: at(seconds), callerTokens: [`caller-${caller}`] },
      // As ingest makes it: the same for the same content.
      contentToken: JSON.stringify([feed, call, seconds, caller, chat, confidence, ended]),
      ...numberOf(feed, call),
      ...(feed === 'chat' ? { chatToken: `chat-${chat}` } : {}),
      ...(feed === 'events' && ended ? { callEventType: 'callEnded', reasons: ['call-ended'] } : {}),
    }),
  );

/** Of each call the same: a real one's, a test's, or in a message none. */
function numberOf(feed: 'chat' | 'events', call: number) {
  if (feed === 'chat' && call < 3) return {};
  const isTest = call % 2 === 1;
  return { dialledNumber: isTest ? '933' : '911', test: isTest && feed === 'events' };
}

const inbox = fc
  .array(fc.oneof({ arbitrary: aNotice, weight: 4 }, { arbitrary: fc.constant(undefined), weight: 1 }), {
    ...{ minLength: 1, maxLength: 25 },
  })
  .map((calls) => calls.map((call) => (call === undefined ? inboxEvent() : notice(call))))
  // Graph tries again: the same report in another message.
  .chain((events) =>
    fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 5 }).map((again) => [
      ...events,
      ...again.map((i): NewEvent => {
        const { id: _, ...event } = events[i]!;
        return { ...event, id: inboxEvent().id };
      }),
    ]),
  );

/** What an append of triage meets. */
const fault = fc.constantFrom('none', 'none', 'none', 'unavailable', 'lost-answer', 'crash-before', 'crash-after');

interface Circumstances {
  readonly faults?: readonly string[];
  readonly beside?: number;
  readonly judgedAtOnce?: number;
}

async function run(log: MemoryEventLog, { beside = 0, judgedAtOnce, ...more }: Circumstances = {}) {
  const clock = createHurriedClock();
  const faults = [...(more.faults ?? [])];
  const last = log.events.findLast(({ stream }) => stream.startsWith('inbox-'))?.position ?? '';
  for (let n = 0; ; n++) {
    let crashed = false;
    log.faults = () => {
      switch (faults.shift()) {
        case 'unavailable':
          return { ok: false, reason: 'unavailable', detail: 'for a moment' };
        case 'lost-answer':
          return 'lost-answer';
        case 'crash-before':
          crashed = true;
          return { ok: false, reason: 'unavailable', detail: 'never answered' };
        case 'crash-after':
          crashed = true;
          return 'lost-answer';
        default:
          return undefined;
      }
    };
    const deps = { clock, ...(judgedAtOnce === undefined ? {} : { judgedAtOnce }) };
    const running = Array.from({ length: 1 + beside }, (_, i) => startTriage(log, `${n}-${i}`, deps));
    const isDone = () =>
      running.some(({ triage }) => triage.health().caughtUp && (triage.health().position ?? '') >= last);
    for (let turns = 0; !crashed && !isDone(); turns++) {
      if (turns > 5_000) throw new Error('triage does not come to an end');
      await setImmediate();
    }
    const done = !crashed;
    await Promise.all(running.map((one) => one.stop()));
    for (const one of running) expect(one.triage.health().counts.failed).toBe(0);
    if (done) return;
  }
}

/** What triage wrote, stream by stream. */
function written(log: MemoryEventLog): Record<string, readonly string[]> {
  const streams = new Set(log.events.map(({ stream }) => stream).filter((stream) => stream.startsWith('emergency-')));
  return Object.fromEntries(
    [...streams].sort().map((stream) => [
      stream,
      log
        .stream(stream)
        .map(({ id }) => id)
        .sort(),
    ]),
  );
}

async function logWith(events: readonly NewEvent[]): Promise<MemoryEventLog> {
  const log = createMemoryEventLog();
  await deliver(log, ...events);
  return log;
}

describe('triage, whatever happens', () => {
  it('makes the same emergencies after any crashes, outages and lost answers', async () => {
    await fc.assert(
      fc.asyncProperty(inbox, fc.array(fault, { maxLength: 40 }), async (events, faults) => {
        const calm = await logWith(events);
        await run(calm);
        const rough = await logWith(events);
        await run(rough, { faults });
        expect(written(rough)).toEqual(written(calm));
        expect(emergencies(rough)).toEqual(emergencies(calm));
      }),
      { numRuns: 120 },
    );
  });

  it('makes the same emergencies side by side as one after another', async () => {
    await fc.assert(
      fc.asyncProperty(inbox, fc.array(fault, { maxLength: 20 }), async (events, faults) => {
        const inTurn = await logWith(events);
        await run(inTurn, { judgedAtOnce: 1 });
        const sideBySide = await logWith(events);
        await run(sideBySide, { faults });
        expect(written(sideBySide)).toEqual(written(inTurn));
        expect(emergencies(sideBySide)).toEqual(emergencies(inTurn));
      }),
      { numRuns: 120 },
    );
  });

  it('raises nothing twice when several run at once', async () => {
    await fc.assert(
      fc.asyncProperty(inbox, fc.array(fault, { maxLength: 20 }), async (events, faults) => {
        const alone = await logWith(events);
        await run(alone);
        const crowded = await logWith(events);
        await run(crowded, { faults, beside: 2 });
        expect(written(crowded)).toEqual(written(alone));
      }),
      { numRuns: 120 },
    );
  });

  it('puts every call into exactly one emergency, and leaves what people did as it is', async () => {
    const act = fc.record({ after: fc.nat({ max: 24 }), which: fc.nat(), resolve: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(inbox, fc.array(act, { maxLength: 6 }), async (events, acts) => {
        const log = createMemoryEventLog();
        const running = startTriage(log, 'one', { clock: createHurriedClock() });
        const done: string[] = [];
        for (const [i, event] of events.entries()) {
          await deliver(log, event);
          for (const { which, resolve } of acts.filter(({ after }) => after === i)) {
            await judged(log, running);
            const ids = [...emergencies(log).keys()];
            const id = ids[which % ids.length];
            if (id === undefined) continue;
            const type = resolve ? 'EmergencyResolved' : 'EmergencyAcknowledged';
            const data = { byToken: 'ana', at: at(i), disposition: 'real', from: 'desk' };
            const stream = `emergency-${id}`;
            const result = await log.append(stream, log.stream(stream).length - 1, [
              { id: crypto.randomUUID(), type, data, metadata: {} },
            ]);
            if (result.ok) done.push(`${id} ${type}`);
          }
        }
        await judged(log, running);
        await running.stop();
        const all = emergencies(log);
        const read = log.events.flatMap((event) => readEmergencyEvent(event) ?? []);
        const notices = read.flatMap((event) => ('call' in event.data ? [event.data.call.noticeId] : []));
        expect(new Set(notices).size).toBe(notices.length);
        const calls = [...all.values()].flatMap((state) =>
          state.status === 'none' ? [] : state.call.providerCalls.map(({ call }) => call),
        );
        expect(new Set(calls).size).toBe(calls.length);
        const sent = events.flatMap((event) => (event.data['data'] as { call?: { emergencyId: string } }).call ?? []);
        expect(new Set(calls)).toEqual(new Set(sent.map(({ emergencyId }) => emergencyId)));
        for (const each of done) {
          const [id = '', type] = each.split(' ');
          if (type === 'EmergencyResolved') expect(all.get(id)?.status).toBe('resolved');
          else expect(all.get(id)?.status).not.toBe('unacknowledged');
        }
      }),
      { numRuns: 120 },
    );
  });
});
