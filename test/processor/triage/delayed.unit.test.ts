import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchStreams } from '#domain/fetching/events.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { reasonText } from '#domain/notices/reasons.ts';
import type { JsonObject } from '#kernel/json.ts';
import { at, callReport, inboxEvent, sealed } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver, emergencies, judged, notice, type RunningTriage, startTriage } from '#test/support/triage.ts';

const stream = `${fetchStreams}3f1c0a52-7b6e-5c1d-8a34-5f0e9b1d2c01`;

describe('triage, of notices that wait too long', () => {
  let log: MemoryEventLog;
  let running: RunningTriage;
  beforeEach(() => {
    log = createMemoryEventLog();
    running = startTriage(log);
  });
  afterEach(() => running.stop());

  async function record(type: 'FetchDelayed' | 'FetchResumed', data: JsonObject): Promise<string> {
    const stored = log.stream(stream).length;
    const id = crypto.randomUUID();
    const metadata = eventMetadata({ role: 'resolve', build: 'test' }, Date.parse(at(60)), id, id);
    const all = { at: at(60), since: at(0), ...data };
    const result = await log.append(stream, stored === 0 ? 'no-stream' : stored - 1, [
      { id, type, data: all, metadata },
    ]);
    if (!result.ok) throw new Error(result.reason);
    return id;
  }
  const delayed = (count: number, notices: readonly string[] = []) => record('FetchDelayed', { count, notices });
  /** Until what was put there is judged: a further notice comes after it. */
  const settled = async () => {
    await deliver(log, inboxEvent());
    await judged(log, running);
  };
  const alarms = () =>
    [...emergencies(log)].filter(
      ([, state]) =>
        state.status !== 'none' && state.call.reasons.some((each) => each.startsWith('notices-not-fetched')),
    );
  async function restart(): Promise<void> {
    await running.stop();
    running = startTriage(log, 'two');
    await eventually('it is up', () => running.triage.health().caughtUp);
  }
  async function resolve(id: string): Promise<void> {
    const name = `emergency-${id}`;
    const data = { by: sealed('x#/by'), byToken: 't', at: at(90), disposition: 'false-alarm', from: 'desk' };
    const event = {
      id: crypto.randomUUID(),
      type: 'EmergencyResolved',
      data: data as unknown as JsonObject,
      metadata: {},
    };
    const result = await log.append(name, log.stream(name).length - 1, [event]);
    if (!result.ok) throw new Error(result.reason);
  }
  /** The notice of a call that was fetched late. */
  function fetched(cloudEventId: string, call = callReport({ feed: 'chat', call: 'chat-1' })) {
    const event = notice(call, at(300));
    return { ...event, data: { ...event.data, id: cloudEventId, tocsinrecovered: true } };
  }

  it('raises one unverified emergency for all of them, which says how many and since when', async () => {
    const first = await delayed(40, ['n1']);
    await delayed(300, ['n2']);
    await settled();
    expect(alarms()).toHaveLength(1);
    const [id, state] = alarms()[0]!;
    expect(state).toMatchObject({
      ...{ status: 'unacknowledged' },
      call: { verified: false, confidence: 'low', test: false, occurredAt: at(0), receivedAt: at(60), feeds: ['chat'] },
    });
    const story = log.stream(`emergency-${id}`);
    expect(story.map(({ type }) => type)).toEqual(['EmergencyRaised', 'EmergencyEnriched']);
    expect(story[0]?.metadata).toMatchObject({ $causationId: first, $correlationId: id });
    expect(reasonText('notices-not-fetched=40')).toMatch(/^40 notices could not be fetched/);
    expect(reasonText('notices-not-fetched=1')).toMatch(/^A notice could not be fetched/);
  });

  it('raises what is lost for good as one unverified emergency, which says so', async () => {
    await record('FetchDelayed', { count: 1, notices: ['n1'], lost: 1 });
    await record('FetchDelayed', { count: 60, notices: ['n2'], lost: 40 });
    await settled();
    const story = log.stream(
      [...new Set(log.events.map((event) => event.stream))].find((each) => each.startsWith('emergency-')) ?? '',
    );
    expect(story.map(({ type }) => type)).toEqual(['EmergencyRaised', 'EmergencyEnriched']);
    expect(emergencies(log).size).toBe(1);
    expect([...emergencies(log).values()][0]).toMatchObject({
      ...{ status: 'unacknowledged' },
      call: {
        ...{ verified: false, confidence: 'low' },
        reasons: ['notices-lost=1', 'notices-not-fetched=60', 'notices-lost=40'],
      },
    });
    expect(reasonText('notices-lost=40')).toMatch(/^40 notices are lost: what they told of .* each of them may/);
    expect(reasonText('notices-lost=1')).toMatch(/^A notice is lost: what it told of .* so it may/);
  });

  it('takes a call that was fetched for the one that was raised before anybody knew which it is', async () => {
    const before = callReport({
      feed: 'events',
      call: 'event-1',
      confidence: 'low',
      reasons: ['content-not-sent'],
      callerTokens: [],
    });
    const { emergencyId } = before;
    await deliver(
      log,
      notice(before),
      notice(callReport({ feed: 'events', call: 'call-1', recoveredOf: emergencyId })),
    );
    await deliver(log, notice(callReport({ feed: 'events', call: 'call-1', callEventType: 'callEnded' })));
    await judged(log, running);
    expect([...emergencies(log)]).toMatchObject([
      [emergencyId, { call: { confidence: 'high', dialledNumber: '911' } }],
    ]);
  });

  it('says in it when that is over, and changes nothing when it judges all of it again', async () => {
    await delayed(2, ['n1', 'n2']);
    await record('FetchResumed', { at: at(200) });
    await settled();
    const [[id, state]] = alarms() as [ReturnType<typeof alarms>[number]];
    expect(state).toMatchObject({ call: { reasons: ['notices-not-fetched=2', 'notices-fetched'] } });
    const before = log.stream(`emergency-${id}`).length;
    // A predecessor that died before its position was on record: everything is judged from the beginning.
    const replayed = createMemoryEventLog();
    for (const { stream: name, revision, ...event } of log.events)
      if (name !== 'triage') await replayed.append(name, revision === 0 ? 'no-stream' : revision - 1, [event]);
    await running.stop();
    running = startTriage(replayed, 'three');
    await judged(replayed, running);
    expect(replayed.stream(`emergency-${id}`)).toHaveLength(before);
    expect(emergencies(replayed).size).toBe(1);
  });

  it('links what turns out to be a call, both ways, also after it was started again', async () => {
    await delayed(2, ['n1', 'n2']);
    await settled();
    const alarm = alarms()[0]![0];
    const one = callReport({ feed: 'chat', call: 'chat-1', callerTokens: ['a'] });
    await deliver(
      log,
      fetched('n1', one),
      fetched('other', callReport({ feed: 'chat', call: 'chat-9', callerTokens: ['c'] })),
    );
    await judged(log, running);
    await restart();
    const two = callReport({ feed: 'chat', call: 'chat-2', callerTokens: ['b'] });
    await deliver(log, fetched('n2', two), fetched('n2', two));
    await judged(log, running);
    const links = (id: string) => {
      const state = emergencies(log).get(id);
      return state === undefined || state.status === 'none' ? [] : state.links;
    };
    expect(links(alarm)).toEqual([one, two].map(({ emergencyId: to }) => ({ to, why: 'fetched-late' })));
    for (const { emergencyId } of [one, two]) expect(links(emergencyId)).toEqual([{ to: alarm, why: 'fetched-late' }]);
    expect(emergencies(log).size).toBe(4);
  });

  it('raises another one where people were done with the first, and links calls to the one they belong to', async () => {
    await delayed(1, ['n1']);
    await settled();
    const first = alarms()[0]![0];
    await resolve(first);
    await delayed(50, ['n2']);
    await record('FetchResumed', { at: at(200) });
    await settled();
    expect(alarms()).toHaveLength(2);
    const second = alarms().find(([id]) => id !== first)![0];
    expect(emergencies(log).get(first)).toMatchObject({ status: 'resolved' });
    await restart();
    await deliver(log, fetched('n1'), fetched('n2', callReport({ feed: 'chat', call: 'chat-2', callerTokens: ['b'] })));
    await judged(log, running);
    for (const id of [first, second])
      expect(emergencies(log).get(id)).toMatchObject({ links: [{ why: 'fetched-late' }] });
  });

  it('opens nothing again that people are done with when the waiting is over', async () => {
    await delayed(1, ['n1']);
    await settled();
    const first = alarms()[0]![0];
    await resolve(first);
    const before = log.stream(`emergency-${first}`).length;
    await record('FetchResumed', { at: at(200) });
    await settled();
    expect(log.stream(`emergency-${first}`)).toHaveLength(before);
    expect(emergencies(log).size).toBe(1);
  });
});
