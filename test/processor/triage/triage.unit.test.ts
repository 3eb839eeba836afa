import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import { at, callReport, inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, type RunningTriage, startTriage } from '#test/support/triage.ts';

describe('triage', () => {
  let log: MemoryEventLog;
  let running: RunningTriage;
  beforeEach(() => {
    log = createMemoryEventLog();
    running = startTriage(log);
  });
  afterEach(() => running.stop());

  it('raises an emergency, and says what caused it', async () => {
    const call = callReport();
    const event = notice(call);
    await deliver(log, inboxEvent(), event, inboxEvent());
    await judged(log, running);
    const [raised, ...rest] = log.stream(`emergency-${call.emergencyId}`);
    expect(rest).toEqual([]);
    expect(raised).toMatchObject({
      type: 'EmergencyRaised',
      data: { call: { emergencyId: call.emergencyId, noticeId: event.id, receivedAt: at(1) } },
      metadata: { $correlationId: call.emergencyId, $causationId: event.id, schemaVersion: 1 },
    });
    expect(running.triage.health().counts).toMatchObject({ raised: 1, 'not-a-call': 2 });
  });

  it('takes both feeds of one call as one emergency', async () => {
    const chat = callReport({ feed: 'chat', call: 'chat-1', occurredAt: at(3) });
    const events = callReport({ occurredAt: at(0) });
    await deliver(log, notice(chat), notice(events));
    await judged(log, running);
    expect(emergencies(log).size).toBe(1);
    const [id, state] = [...emergencies(log)][0]!;
    expect(id).toBe(chat.emergencyId);
    expect(state).toMatchObject({ status: 'unacknowledged', call: { feeds: ['chat', 'events'], occurredAt: at(0) } });
    expect(log.stream(`emergency-${id}`)[1]?.data).toMatchObject({ match: 'caller-and-time' });
  });

  it('takes the same notice again, and later ones of either feed, as the same call', async () => {
    const chat = callReport({ feed: 'chat', call: 'chat-1' });
    const events = callReport();
    await deliver(log, notice(chat), notice(events), notice(events, at(900)), notice(chat, at(7200)));
    await deliver(log, notice({ ...events, callEventType: 'callEnded', reasons: ['call-ended'], occurredAt: at(500) }));
    await judged(log, running);
    expect(emergencies(log).size).toBe(1);
    const [id, state] = [...emergencies(log)][0]!;
    expect(log.stream(`emergency-${id}`).map(({ type }) => type)).toEqual([
      'EmergencyRaised',
      'EmergencyEnriched',
      'EmergencyEnriched',
    ]);
    expect(state).toMatchObject({ status: 'unacknowledged', call: { callEventType: 'callEnded', occurredAt: at(0) } });
  });

  it('keeps two calls of one caller five minutes apart as two, linked both ways', async () => {
    const first = callReport();
    const second = callReport({ call: 'call-2', occurredAt: at(300) });
    await deliver(log, notice(first), notice(second, at(301)));
    await judged(log, running);
    const all = emergencies(log);
    expect(all.size).toBe(2);
    expect(all.get(first.emergencyId)).toMatchObject({ links: [{ to: second.emergencyId, why: 'redial' }] });
    expect(all.get(second.emergencyId)).toMatchObject({ links: [{ to: first.emergencyId, why: 'redial' }] });
  });

  it('keeps a call eleven minutes later apart without a link', async () => {
    await deliver(log, notice(callReport()), notice(callReport({ call: 'call-2', occurredAt: at(661) }), at(661)));
    await judged(log, running);
    expect([...emergencies(log).values()]).toMatchObject([{ links: [] }, { links: [] }]);
  });

  it('raises an emergency of its own when two calls could be meant', async () => {
    const first = callReport();
    const second = callReport({ call: 'call-2', occurredAt: at(60) });
    const chat = callReport({ feed: 'chat', call: 'chat-1', occurredAt: at(30) });
    await deliver(log, notice(first), notice(second), notice(chat));
    await judged(log, running);
    const all = emergencies(log);
    expect(all.size).toBe(3);
    expect(all.get(chat.emergencyId)).toMatchObject({
      links: [
        { to: first.emergencyId, why: 'caller-and-time-ambiguous' },
        { to: second.emergencyId, why: 'caller-and-time-ambiguous' },
      ],
    });
    expect(all.get(first.emergencyId)).toMatchObject({
      links: [
        { to: second.emergencyId, why: 'redial' },
        { to: chat.emergencyId, why: 'caller-and-time-ambiguous' },
      ],
    });
  });

  it('sees in which emergency a notice belongs also where the one beside it tells that the call was earlier', async () => {
    const late = callReport({ feed: 'chat', call: 'chat-1', occurredAt: at(700) });
    const earlier = { ...late, callerTokens: ['caller-2'], occurredAt: at(0) };
    const events = callReport({ occurredAt: at(0) });
    await deliver(log, notice(late), notice(earlier), notice(events));
    await judged(log, running);
    expect(emergencies(log).size).toBe(1);
  });

  it('puts a redial on the board though the first call was resolved in between', async () => {
    const first = callReport();
    await deliver(log, notice(first));
    await judged(log, running);
    await log.append(`emergency-${first.emergencyId}`, 0, [
      {
        id: crypto.randomUUID(),
        type: 'EmergencyResolved',
        data: { byToken: 'b', at: at(20), disposition: 'misdial', from: 'desk' },
        metadata: {},
      },
    ]);
    const redial = callReport({ feed: 'chat', call: 'chat-2', occurredAt: at(40) });
    await deliver(log, notice(redial, at(41)));
    await judged(log, running);
    expect(emergencies(log).get(redial.emergencyId)).toMatchObject({
      status: 'unacknowledged',
      links: [{ to: first.emergencyId, why: 'redial' }],
    });
    // A late notice of the resolved call itself adds to it, and does not open it again.
    await deliver(log, notice({ ...first, callEventType: 'callEnded' }, at(60)));
    await judged(log, running);
    expect(emergencies(log).get(first.emergencyId)).toMatchObject({
      status: 'resolved',
      call: { callEventType: 'callEnded' },
    });
    expect(emergencies(log).size).toBe(2);
  });

  it('raises a doubtful message in the chat of an open emergency as one of its own, linked, and leaves the first as it is', async () => {
    const doubt = { feed: 'chat' as const, chatToken: 'desk', confidence: 'low' as const };
    const first = callReport({ ...doubt, call: 'chat-1' });
    await deliver(log, notice(first));
    await judged(log, running);
    const data = { byToken: 'guard', at: at(60), from: 'desk' };
    const id = crypto.randomUUID();
    await log.append(`emergency-${first.emergencyId}`, 0, [{ id, type: 'EmergencyAcknowledged', data, metadata: {} }]);
    const another = callReport({ ...doubt, call: 'chat-2', occurredAt: at(300), callerTokens: ['token-bo'] });
    const redial = callReport({ ...doubt, call: 'chat-3', occurredAt: at(310) });
    await deliver(log, notice(another, at(311)), notice(redial, at(311)));
    await judged(log, running);
    const all = emergencies(log);
    expect(all.get(first.emergencyId)).toMatchObject({
      status: 'acknowledged',
      call: { providerCalls: [{ call: first.emergencyId }] },
      links: [
        { to: another.emergencyId, why: 'same-chat' },
        { to: redial.emergencyId, why: 'redial' },
      ],
    });
    expect(all.get(another.emergencyId)).toMatchObject({
      status: 'unacknowledged',
      links: [
        { to: first.emergencyId, why: 'same-chat' },
        { to: redial.emergencyId, why: 'same-chat' },
      ],
    });
    expect(all.get(redial.emergencyId)).toMatchObject({ status: 'unacknowledged' });
  });

  it('never puts what a notice with a wrong secret says into an emergency that is not its own', async () => {
    const genuine = callReport();
    const forged = callReport({ feed: 'chat', call: 'chat-1', reasons: ['known-phrase', 'client-state-mismatch'] });
    await deliver(log, notice(forged), notice(genuine));
    await judged(log, running);
    expect(emergencies(log).get(forged.emergencyId)).toMatchObject({ call: { verified: false, confidence: 'low' } });
    expect(emergencies(log).get(genuine.emergencyId)).toMatchObject({ call: { verified: true, feeds: ['events'] } });
  });

  it('goes on after an event that is no report', async () => {
    const call = callReport();
    const bad = inboxEvent();
    await deliver(
      log,
      { ...bad, data: { ...bad.data, data: { call: { feed: 'pigeon' } } } },
      { ...notice(call), id: crypto.randomUUID(), metadata: {} },
      { ...bad, id: crypto.randomUUID(), data: { ...bad.data, data: { call: 7 } } },
      notice(call),
    );
    await judged(log, running);
    expect(running.triage.health().counts).toMatchObject({ malformed: 3, raised: 1, failed: 0 });
  });

  it('raises a call with fields of no known shape, and starts beside an emergency that has such', async () => {
    const call = callReport({ caller: null as never, location: 'here' as never });
    await deliver(log, notice(call));
    await judged(log, running);
    expect(emergencies(log).get(call.emergencyId)).toMatchObject({ call: { dialledNumber: '911' } });
    await running.stop();
    const other = callReport({ call: 'call-2', callerTokens: ['token-bo'] });
    const foreign = {
      ...other,
      caller: null,
      location: null,
      noticeId: 'n',
      receivedAt: null,
    } as unknown as JsonObject;
    const raised = { id: crypto.randomUUID(), type: 'EmergencyRaised', data: { call: foreign }, metadata: {} };
    await log.append(`emergency-${other.emergencyId}`, 'no-stream', [raised]);
    running = startTriage(log, 'two');
    await deliver(log, notice(other));
    await judged(log, running);
    expect(emergencies(log).get(other.emergencyId)).toMatchObject({ call: { location: other.location } });
    expect(running.triage.health().counts).toMatchObject({ enriched: 1, failed: 0 });
  });

  it('starts, and judges, beside an event that cannot be read at all', async () => {
    await running.stop();
    const unreadable = { id: crypto.randomUUID(), type: 'EmergencyRaised', data: {}, metadata: null as never };
    await log.append('emergency-foreign', 'no-stream', [unreadable]);
    const failed: string[] = [];
    running = startTriage(log, 'two', { onError: (_, { stream }) => void failed.push(stream) });
    await eventually('it is up', () => running.triage.health().caughtUp);
    await log.append('emergency-another', 'no-stream', [{ ...unreadable, id: crypto.randomUUID() }]);
    await deliver(log, notice(callReport()));
    await judged(log, running);
    expect(running.triage.health().counts).toMatchObject({ raised: 1, failed: 0 });
    expect(new Set(failed)).toEqual(new Set(['emergency-foreign', 'emergency-another']));
  });

  it('judges nothing twice and forgets nothing when it is started again', async () => {
    const chat = callReport({ feed: 'chat', call: 'chat-1' });
    await deliver(log, notice(chat));
    await judged(log, running);
    // Its position is now beyond what it wrote: what it knew of the call has to be read again.
    await deliver(log, inboxEvent());
    await judged(log, running);
    await running.stop();
    const before = log.events.filter(({ stream }) => stream.startsWith('emergency-')).length;
    running = startTriage(log, 'two');
    await judged(log, running);
    expect(running.triage.health().counts['raised']).toBe(0);
    expect(log.events.filter(({ stream }) => stream.startsWith('emergency-')).length).toBe(before);
    await deliver(log, notice(callReport()));
    await judged(log, running);
    expect(emergencies(log).size).toBe(1);
  });

  it('tries again with the same ids when nobody knows whether an append was written', async () => {
    let lost = 0;
    log.faults = (stream) => (lost < 2 && stream.startsWith('emergency-') && ++lost > 0 ? 'lost-answer' : undefined);
    const call = callReport();
    await deliver(log, notice(call));
    await judged(log, running);
    expect(lost).toBe(2);
    expect(log.stream(`emergency-${call.emergencyId}`)).toHaveLength(1);
  });

  it('yields at once to one that was started later', async () => {
    await deliver(log, notice(callReport()));
    await judged(log, running);
    const second = startTriage(log, 'two');
    await eventually('the first stands by', () => running.triage.health().state === 'standby');
    await deliver(log, notice(callReport({ call: 'call-2', callerTokens: ['token-bo'] })));
    await judged(log, second);
    expect(second.triage.health().counts['raised']).toBe(1);
    expect(running.triage.health().counts['raised']).toBe(1);
    await second.stop();
  });
});
