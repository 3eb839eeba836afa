import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { Resolve } from '#processor/resolve/resolve.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import {
  announcement,
  away,
  basic,
  chatId,
  checked,
  createPlace,
  gone,
  message,
  noon,
} from '#test/processor/resolve/running-resolve.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { deliver } from '#test/support/triage.ts';

const callOf = (event: NewEvent | undefined) => (event?.data['data'] as JsonObject | undefined)?.['call'] as JsonObject;

/** Lets time pass, so slowly that whoever waits gets a turn. */
async function pass(clock: ReturnType<typeof createManualClock>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 2_000) {
    clock.advance(Math.min(2_000, ms));
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
  }
}

describe('resolve, of chat notices without content', () => {
  let place: ReturnType<typeof createPlace>;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.stop());

  const knows = (id: string, more?: JsonObject) => place.graph.known.set(`${chatId}/${id}`, message(id, more));
  const settled = (resolve: Resolve, count: number) =>
    eventually('all is settled', () => {
      const { counts, waiting } = resolve.health();
      return counts.published + counts['given-up'] >= count && waiting === 0;
    });

  it('fetches the message and publishes the rich notice that Graph would have sent: the same call', async () => {
    knows('7', announcement);
    const [stored] = await place.deliver(basic('7'));
    expect(JSON.stringify(stored)).not.toContain(chatId);
    await settled(place.start(), 1);
    expect(JSON.stringify(place.published.map(({ body }) => new TextDecoder().decode(body)))).not.toContain('Petrova');
    const [recovered] = await place.stored(place.published, noon + 5_000);
    const [rich] = await place.stored([
      basic('7', { encryptedContent: { data: btoa(JSON.stringify(message('7', announcement))), dataKey: 'k' } }),
    ]);
    expect(callOf(recovered)?.['emergencyId']).toBe(callOf(rich)?.['emergencyId']);
    expect(callOf(recovered)).toMatchObject({ confidence: 'high', occurredAt: '2026-11-21T14:04:30.000Z' });
    expect(recovered?.data).toMatchObject({
      ...{ id: stored?.data['id'], tocsinrecovered: true, time: '2026-11-21T14:04:30.000Z' },
      data: { clientStateCheck: 'match', subscriptionId: 'sub-1' },
    });
    expect(place.published[0]?.properties).toMatchObject({ 'tocsin-original-event': stored?.id });
  });

  it('fetches all of them, whatever they say, a bounded number at once', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => String(n));
    for (const id of ids) knows(id);
    const resolve = place.start();
    await place.deliver(...ids.map((id) => basic(id)));
    await settled(resolve, 60);
    expect(place.published).toHaveLength(60);
    expect(place.graph.mostAtOnce).toBeLessThanOrEqual(8);
    expect(place.graph.mostAtOnce).toBeGreaterThan(1);
  });

  it('lets no slow answer hold up the others', async () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const { message: fast } = place.graph;
    knows('1');
    knows('2');
    const slow = async (...args: Parameters<typeof fast>) => {
      if (args[1] === '1') await promise;
      return fast(...args);
    };
    const resolve = place.start(undefined, { graph: { ...place.graph, message: slow } });
    await place.deliver(basic('1'));
    await eventually('the first waits', () => resolve.health().waiting === 1);
    await place.deliver(basic('2'));
    await eventually('the second is published', () => place.published.length === 1);
    release();
    await settled(resolve, 2);
  });

  it('waits two minutes for a message that Graph does not have yet, and raises what comes', async () => {
    const clock = createManualClock(noon);
    const resolve = place.start(clock);
    await place.deliver(basic('7'));
    await eventually('it was asked for', () => place.graph.asked.length === 1);
    await pass(clock, 600);
    knows('7', announcement);
    await pass(clock, 1_000);
    await settled(resolve, 1);
    expect(place.outcomes).toEqual(['later: not-found: gone', 'published']);
    const [recovered] = await place.deliver(...place.published);
    expect(callOf(recovered)).toMatchObject({ feed: 'chat', confidence: 'high' });
  });

  it('raises nothing for messages that their authors deleted, and lets nobody wait for them', async () => {
    const clock = createManualClock(noon);
    const resolve = place.start(clock, { atHand: { blob: 3, message: 3 } });
    await place.deliver(...Array.from({ length: 12 }, (_, n) => basic(`deleted-${n}`)));
    await eventually('all were asked for', () => new Set(place.graph.asked).size === 12);
    await pass(clock, 70_000);
    expect(resolve.health()).toMatchObject({ waiting: 3, givenUp: 9 });
    expect(resolve.health().waitingFor).toBeUndefined();
    knows('7', announcement);
    await place.deliver(basic('7'));
    await eventually('the call is published', () => place.published.length === 1);
    await pass(clock, 70_000);
    await eventually('none waits', () => resolve.health().waiting === 0);
    expect(resolve.health()).toMatchObject({ givenUp: 12 });
    expect(place.of('FetchDelayed')).toEqual([]);
    const places = place.log.stream('resolve').flatMap(({ data }) => data['gone'] ?? []);
    const revisions = places.flatMap((each) => (isJsonObject(each) ? (each['revisions'] ?? []) : []));
    expect(revisions.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it('looks no second time for what a notice says was deleted, or what the hub has had for long', async () => {
    const clock = createManualClock(noon + 130_000);
    const resolve = place.start(clock);
    await place.deliver(basic('old'));
    await deliver(place.log, ...(await place.stored([basic('7', { changeType: 'deleted' })], clock.now())));
    await eventually('both are given up', () => resolve.health().givenUp === 2);
    expect(place.graph.asked).toHaveLength(2);
  });

  it('puts on record that it waits for what was absent once Graph is away', async () => {
    const clock = createManualClock(noon);
    place.start(clock);
    await place.deliver(basic('7'));
    await eventually('it was asked for', () => place.graph.asked.length === 1);
    place.graph.failure = away;
    await pass(clock, 62_000);
    await eventually('it is on record', () => place.of('FetchDelayed').length === 1);
  });

  it('gives up what is gone, and what the emergency feed sent without its content', async () => {
    const call = "communications/calls/getEmergencyEventsByPolicy(policyName='P')";
    const clock = createHurriedClock(noon);
    const resolve = place.start(clock);
    await place.deliver(basic('7'), basic('x', { resource: call, resourceData: { id: 'call-1' } }), {
      value: [{ subscriptionId: 'sub-1', clientState: 'agreed', changeType: 'created', resource: 'chats/messages' }],
    });
    await eventually('all are given up', () => resolve.health().givenUp === 3);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(120_000);
    expect(place.outcomes.filter((outcome) => outcome !== 'later: not-found: gone').sort()).toEqual([
      'given-up: Graph has no way to read an event of the emergency feed again',
      'given-up: not-found: gone',
      'given-up: the reference is not to be read: names-no-message',
    ]);
    expect(new Set(place.graph.asked)).toEqual(new Set([`${chatId}/7`]));
    expect(place.log.stream('inbox-hub-0')).toHaveLength(3);
  });

  it('waits while the key store is away, and gives up what was erased', async () => {
    knows('7', announcement);
    await place.deliver(basic('7'));
    place.keyStore.away = true;
    const resolve = place.start();
    await eventually('it waits', () => resolve.health().waitingFor === 'the key store does not answer');
    expect(place.graph.asked).toEqual([]);
    place.keyStore.away = false;
    await settled(resolve, 1);
    expect(place.published).toHaveLength(1);
    // Until then the next one would fetch it again.
    await eventually('that is on record', () => place.log.stream('resolve').at(-1)?.data['waiting'] === 0);
    await place.stop();

    const again = place.start();
    const events = await place.stored([basic('8')]);
    place.keyStore.away = true;
    await deliver(place.log, ...events);
    await eventually('it waits', () => again.health().waitingFor === 'the key store does not answer');
    place.keyStore.away = false;
    await place.keyStore.erase(`chat:00000000-0000-0000-0000-0000000000aa/${chatId}`);
    await eventually('it is given up', () => again.health().givenUp === 1);
    expect(place.outcomes.at(-1)).toBe('given-up: the reference is not to be read: erased');
  });

  it('fetches nothing for a reference that somebody moved from another notice', async () => {
    knows('7', announcement);
    const [of7, of8] = await place.stored([basic('7'), basic('8')]);
    if (of7 === undefined || of8 === undefined) throw new Error('nothing was stored');
    const { reference = null } = of7.data['data'] as JsonObject;
    const data = { ...(of8.data['data'] as JsonObject), reference };
    const resolve = place.start();
    await deliver(place.log, { ...of8, data: { ...of8.data, data } });
    await eventually('it is given up', () => resolve.health().givenUp === 1);
    expect(place.outcomes).toEqual(['given-up: the reference is not to be read: damaged']);
    expect(place.graph.asked).toEqual([]);
  });

  it('waits visibly for a sign-in, and for Graph, asking one thing at a time', async () => {
    place.graph.failure = {
      ...{ ok: false, reason: 'identity' },
      trouble: { kind: 'sign-in-again', code: 'AADSTS50173', what: 'The grant was revoked.', next: 'Sign in again.' },
    };
    const ids = Array.from({ length: 30 }, (_, n) => String(n));
    for (const id of ids) knows(id);
    const resolve = place.start(undefined, { unverifiedAfterMs: 3_600_000 });
    await place.deliver(...ids.map((id) => basic(id)));
    await eventually('it asked again', () => place.graph.asked.length >= 11);
    expect(resolve.health()).toMatchObject({
      ...{ waiting: 30, oldestWaitingAt: new Date(noon).toISOString() },
      waitingFor: 'The grant was revoked. Sign in again.',
    });
    place.graph.mostAtOnce = 0;
    const before = place.graph.asked.length;
    await eventually('it asked again', () => place.graph.asked.length >= before + 3);
    expect(place.graph.mostAtOnce).toBe(1);
    place.graph.failure = undefined;
    await settled(resolve, 30);
    expect(place.published).toHaveLength(30);
    expect(resolve.health().waitingFor).toBeUndefined();
  });

  it('hands on what waits to the next process', async () => {
    place.graph.failure = away;
    const first = place.start();
    await place.deliver(...['1', '2', '3'].map((id) => basic(id)));
    await eventually('the position passed them', () => (first.health().position ?? '') >= '00000000000000000004');
    await place.stop();
    place.graph.failure = undefined;
    for (const id of ['1', '2', '3']) knows(id);
    const second = place.start();
    await settled(second, 3);
    expect(place.published).toHaveLength(3);
    for (const data of checked(place.of('ResolveAdvanced'))) expect(JSON.stringify(data)).not.toContain('19:');
  });

  it('puts on record once that notices wait too long, and when that is over', async () => {
    const clock = createManualClock(noon);
    place.graph.failure = away;
    const resolve = place.start(clock, { unverifiedAfterMs: 60_000 });
    const [one, two] = await place.deliver(basic('1'), basic('2'));
    await eventually('both wait', () => resolve.health().waiting === 2);
    await pass(clock, 58_000);
    expect(place.of('FetchDelayed')).toEqual([]);
    await pass(clock, 4_000);
    await eventually('it is on record', () => place.of('FetchDelayed').length === 1);
    expect(checked(place.of('FetchDelayed'))).toMatchObject([
      { since: new Date(noon).toISOString(), count: 2, notices: [one?.data['id'], two?.data['id']] },
    ]);
    expect(resolve.health()).toMatchObject({ waiting: 2, delayed: { count: 2 } });

    // More of them are one thing with the first: one further event, however many there are.
    await place.deliver(...Array.from({ length: 40 }, (_, n) => basic(`more-${n}`)));
    await eventually('they wait', () => resolve.health().waiting === 42);
    await pass(clock, 70_000);
    await eventually('it is on record', () => place.of('FetchDelayed').length === 2);
    expect(checked(place.of('FetchDelayed'))[1]).toMatchObject({ since: new Date(noon).toISOString(), count: 42 });
    expect(new Set(place.of('FetchDelayed').map(({ stream }) => stream)).size).toBe(1);

    // Whoever takes over puts nothing on record again.
    await place.stop();
    const next = place.start(clock, { unverifiedAfterMs: 60_000 });
    await eventually('it is up', () => next.health().waiting === 42);
    await pass(clock, 10_000);
    expect(place.of('FetchDelayed')).toHaveLength(2);

    place.graph.failure = gone;
    await pass(clock, 40_000);
    await eventually('none waits', () => next.health().waiting === 0);
    await pass(clock, 2_000);
    await eventually('that is on record', () => place.of('FetchResumed').length === 1);
    expect(checked(place.of('FetchResumed'))).toMatchObject([{ since: new Date(noon).toISOString() }]);
    expect(next.health().delayed).toBeUndefined();
  });
});
