import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backFillIdOf } from '#domain/fetching/events.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Resolve } from '#processor/resolve/resolve.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';
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

const minute = 60_000;
const hour = 60 * minute;
const time = (minutes: number) => new Date(noon + minutes * minute).toISOString();

describe('back-fill', () => {
  let place: ReturnType<typeof createPlace>;
  /** Messages by chat, oldest first. */
  let chats: Map<string, JsonObject[]>;
  const refused = new Set<string>();

  beforeEach(() => {
    place = createPlace();
    [chats] = [new Map()];
    refused.clear();
    const { graph } = place;
    const created = (each: JsonObject) => Date.parse(String(each['createdDateTime']));
    graph.chats = async (since) => {
      graph.asked.push('chats');
      if (graph.failure !== undefined) return graph.failure;
      const value = [...chats]
        .map(([id, list]) => ({ id, lastMessageAt: new Date(created(list.at(-1)!)).toISOString() }))
        .filter(({ lastMessageAt }) => Date.parse(lastMessageAt) >= since)
        .sort((a, b) => (a.lastMessageAt < b.lastMessageAt ? 1 : -1));
      return { ok: true, value };
    };
    graph.messages = async (id, since, until) => {
      graph.asked.push(id);
      await graph.hold;
      if (graph.failure !== undefined) return graph.failure;
      if (refused.has(id)) return { ok: false, reason: 'forbidden', detail: 'not in the roster', status: 403 };
      const value = (chats.get(id) ?? []).filter((each) => created(each) >= since && created(each) < until);
      return { ok: true, value: value.toReversed() };
    };
  });
  afterEach(() => place.stop());

  const post = (chat: string, id: string, minutes: number, more: JsonObject = {}) => {
    const at = time(minutes);
    const posted = message(id, { chatId: chat, createdDateTime: at, lastModifiedDateTime: at, ...more });
    chats.set(chat, [...(chats.get(chat) ?? []), posted]);
    return posted;
  };
  async function watch(feed: string, type: string, minutes: number, more: JsonObject = {}): Promise<string> {
    const stream = `watch-${feed}`;
    const id = crypto.randomUUID();
    const length = place.log.stream(stream).length;
    const data = {
      at: time(minutes),
      ...(type === 'WatchClosed' ? { cause: 'delivery-paused' } : { proof: 'p' }),
      ...more,
    };
    const metadata = eventMetadata({ role: 'ingest', build: 'test' }, noon, id, id);
    const result = await place.log.append(stream, length === 0 ? 'no-stream' : length - 1, [
      { id, type, data, metadata },
    ]);
    if (!result.ok) throw new Error(result.reason);
    return id;
  }
  async function gap(from: number, to: number): Promise<string> {
    await watch('chat', 'WatchClosed', from);
    return watch('chat', 'WatchOpened', to);
  }
  const filled = (count = 1) => eventually('it is filled', () => place.of('GapBackFilled').length >= count);
  const stored = () => place.stored(place.published, noon + 100 * minute);
  const clock = () => createHurriedClock(noon);

  it('publishes every message of a gap as recovered, with both times, and as the call that it is', async () => {
    post('19:a@thread.v2', 'before', -5);
    post('19:a@thread.v2', 'chatter', 5);
    post(chatId, '7', 10, announcement);
    post('19:a@thread.v2', 'after', 25);
    place.start(clock());
    const opened = await gap(0, 20);
    await filled();
    expect(checked(place.of('GapBackFilled'))).toMatchObject([
      { feed: 'chat', from: time(0), to: time(20), outcome: 'complete', chats: 2, messages: 2, chatsNotRead: 0 },
    ]);
    expect(place.of('GapBackFilled')[0]?.metadata).toMatchObject({ $causationId: opened });
    const events = await stored();
    const found = events.find(({ data }) => (data['data'] as JsonObject)['call'] !== undefined);
    expect(found).toMatchObject({
      type: 'Microsoft.Graph.ChatMessageCreated',
      data: {
        tocsinrecovered: true,
        time: time(10),
        data: { clientStateCheck: 'match', call: { occurredAt: time(10) } },
      },
      metadata: { enqueuedAt: time(100) },
    });
    const [live] = await place.stored([
      basic('7', { encryptedContent: { data: btoa(JSON.stringify(message('7', announcement))), dataKey: 'k' } }),
    ]);
    const callOf = (event: typeof live) =>
      ((event?.data['data'] as JsonObject | undefined)?.['call'] as JsonObject | undefined)?.['emergencyId'];
    expect(callOf(found)).toBe(callOf(live));
    for (const { body } of place.published) expect(new TextDecoder().decode(body)).not.toContain('Emergency Call');
  });

  it('says of edited and of deleted messages what they are, and gives each its own id for ever', async () => {
    post('19:a@thread.v2', 'old', 5, { createdDateTime: time(1.5), lastModifiedDateTime: time(8) });
    post('19:a@thread.v2', 'edited after it', 4, { lastModifiedDateTime: time(30) });
    post('19:a@thread.v2', 'gone', 6, { deletedDateTime: time(7) });
    place.start(clock());
    await gap(2, 20);
    await filled();
    await gap(2.2, 20);
    await filled(2);
    const types = (await stored()).map(({ type, data }) => [
      data['id'],
      type.slice('Microsoft.Graph.ChatMessage'.length),
    ]);
    expect(types.slice(0, 3).map(([, type]) => type)).toEqual(['Updated', 'Created', 'Deleted']);
    expect(types.slice(3).map(([id]) => id)).toEqual(types.slice(0, 3).map(([id]) => id));
  });

  it('waits while Graph is away, and goes on where it was, in this process or the next', async () => {
    for (let n = 0; n < 10; n++) post(`19:${n}@thread.v2`, `m${n}`, 1 + n);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const { messages } = place.graph;
    const done: string[] = [];
    place.graph.messages = async (id, ...rest) => {
      if (done.length >= 4) await promise;
      done.push(id);
      return messages(id, ...rest);
    };
    const first = place.start(clock());
    await gap(0, 20);
    await eventually('the first round is on record', () =>
      place.of('ResolveAdvanced').some(({ data }) => JSON.stringify(data['backFill'] ?? '').includes('"messages":4')),
    );
    expect(first.health().backFill).toMatchObject({ gaps: 1, filling: { chats: 4, messages: 4 } });
    for (const data of checked(place.of('ResolveAdvanced'))) expect(JSON.stringify(data)).not.toContain('19:');
    await place.stop();
    release();
    done.length = 0;
    place.graph.asked.length = 0;
    place.graph.messages = messages;
    place.graph.failure = away;
    const second = place.start(clock());
    await eventually('it says what it waits for', () => second.health().waitingFor === 'unavailable: no answer');
    place.graph.failure = undefined;
    await filled();
    // The last chat of the first round may have got another message in the meantime: it is read again.
    expect(new Set(place.graph.asked.filter((each) => each !== 'chats')).size).toBe(7);
    expect(checked(place.of('GapBackFilled'))).toMatchObject([{ outcome: 'complete', messages: 11 }]);
    expect(second.health().backFill).toEqual({ gaps: 0 });
  });

  it('says what it could not read, and publishes what is too large for one batch one by one', async () => {
    post('19:a@thread.v2', '1', 5);
    post('19:a@thread.v2', 'large', 6);
    post('19:b@thread.v2', '2', 7);
    refused.add('19:b@thread.v2');
    const publish = async (messages: readonly { readonly body: Uint8Array }[]) => {
      if (messages.length > 1 || new TextDecoder().decode(messages[0]?.body).includes("'large'"))
        return { ok: false, reason: 'too-large', detail: 'too large' } as const;
      place.published.push(...(messages as typeof place.published));
      return { ok: true } as const;
    };
    place.start(clock(), { publisher: { publish } });
    const opened = await gap(0, 20);
    await filled();
    expect(checked(place.of('GapBackFilled'))).toMatchObject([
      { outcome: 'incomplete', chats: 2, chatsNotRead: 1, messages: 1, messagesNotPublished: 1 },
    ]);
    expect(place.published).toHaveLength(1);
    expect(checked(place.of('FetchDelayed'))).toMatchObject([
      { since: time(0), count: 2, lost: 2, notices: [backFillIdOf(opened)] },
    ]);
    await eventually('the alarm ends', () => place.of('FetchResumed').length === 1);
  });

  /** Lets so much time pass for what is done by that clock. */
  async function pass(of: ManualClock, ms: number, step = 30_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      of.advance(step);
      for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
    }
  }
  const isWaitingForIt = () =>
    place.of('ResolveAdvanced').some(({ data }) => JSON.stringify(data['backFill'] ?? '').includes('refusedSince'));

  it('asks again for the chats that Graph refuses, and lets nothing else wait for them', async () => {
    for (let n = 0; n < 9; n++) post(`19:${n}@thread.v2`, `m${n}`, 1 + n);
    for (let n = 0; n < 7; n++) refused.add(`19:${n}@thread.v2`);
    const of = createManualClock(noon);
    const resolve = place.start(of);
    await gap(0, 20);
    await eventually('the others are read', () => place.published.length === 2);
    await eventually('it says so', () => resolve.health().backFill.refused !== undefined);
    expect(resolve.health().backFill).toEqual({
      gaps: 1,
      refused: { chats: 7, detail: 'forbidden: not in the roster' },
    });
    post('19:later@thread.v2', 'later', 30);
    await gap(29, 31);
    await pass(of, 1_000, 500);
    await eventually('another gap is filled', () => place.of('GapBackFilled').length === 1);
    await pass(of, 5 * hour, 60_000);
    place.graph.asked.length = 0;
    await pass(of, minute);
    expect(place.graph.asked.length, 'as all are refused, a few have to do').toBeLessThanOrEqual(8);
    refused.delete('19:6@thread.v2');
    await pass(of, 5 * minute);
    expect(place.published, 'each has its turn').toHaveLength(4);
    expect(place.of('FetchDelayed')).toEqual([]);
    refused.clear();
    await pass(of, 3 * minute);
    await filled(2);
    expect(checked(place.of('GapBackFilled'))[1]).toMatchObject({
      ...{ from: time(0), outcome: 'complete', chats: 9, chatsNotRead: 0, messages: 9 },
    });
    expect(place.of('FetchDelayed')).toEqual([]);
    expect(resolve.health().backFill).toEqual({ gaps: 0 });
  });

  it('gives up after a day what Graph refuses, whoever asks by then, and tells somebody', async () => {
    for (const [n, chat] of ['a', 'b', 'c'].entries()) post(`19:${chat}@thread.v2`, chat, 1 + n);
    refused.add('19:b@thread.v2');
    const ofFirst = createManualClock(noon);
    const first = place.start(ofFirst);
    const opened = await gap(0, 20);
    await eventually('it is refused', () => first.health().backFill.refused !== undefined);
    await pass(ofFirst, 1_000, 500);
    await eventually('that is in the memo', isWaitingForIt);
    for (const data of checked(place.of('ResolveAdvanced'))) expect(JSON.stringify(data)).not.toContain('19:');
    await place.stop();
    const of = createManualClock(noon + 23 * hour);
    const second = place.start(of);
    await eventually('it asks', () => second.health().backFill.refused !== undefined);
    await pass(of, 50 * minute);
    expect(place.of('FetchDelayed')).toEqual([]);
    expect(place.of('GapBackFilled')).toEqual([]);
    await pass(of, 15 * minute);
    await filled();
    expect(checked(place.of('FetchDelayed'))).toMatchObject([{ since: time(0), count: 1, lost: 1 }]);
    expect(place.of('FetchDelayed')[0]?.metadata).toMatchObject({ $causationId: opened });
    expect(checked(place.of('GapBackFilled'))).toMatchObject([
      { outcome: 'incomplete', chats: 3, chatsNotRead: 1, messages: 2 },
    ]);
  });

  it('tells of what is lost at once where asking again would not help, and not again where somebody did', async () => {
    post('19:a@thread.v2', 'a', 1);
    place.graph.messages = async (id) => {
      place.graph.asked.push(id);
      return { ok: false, reason: 'rejected', detail: 'no', status: 400 };
    };
    const of = createManualClock(noon);
    place.start(of);
    await gap(0, 20);
    await pass(of, 2_000, 500);
    await filled();
    expect(checked(place.of('FetchDelayed'))).toMatchObject([{ count: 1, lost: 1 }]);
    expect(place.graph.asked).toEqual(['chats', '19:a@thread.v2']);
    await place.stop();

    // A process that was displaced, and ended before its memo was on record.
    post('19:a@thread.v2', 'b', 35);
    const opened = await gap(30, 40);
    const metadata = eventMetadata({ role: 'resolve', build: 'test' }, noon, opened, opened);
    const data = { at: time(41), since: time(30), count: 1, lost: 1, notices: [backFillIdOf(opened)] };
    await place.log.append('fetch-another', 'no-stream', [
      { id: crypto.randomUUID(), type: 'FetchDelayed', data, metadata },
    ]);
    place.start(clock());
    await filled(2);
    expect(checked(place.of('GapBackFilled'))[1]).toMatchObject({ from: time(30), outcome: 'incomplete' });
    expect(place.of('FetchDelayed')).toHaveLength(2);
  });

  it('leaves a gap of the events feed a gap, and says so', async () => {
    const resolve: Resolve = place.start(clock());
    await watch('events', 'WatchClosed', 0, { policy: 'Building 7' });
    await watch('events', 'WatchOpened', 5, { policy: 'Building 8' });
    await watch('events', 'WatchOpened', 9, { policy: 'Building 7' });
    await filled();
    expect(checked(place.of('GapBackFilled'))).toEqual([
      {
        ...{ feed: 'events', policy: 'Building 7', from: time(0), to: time(9), outcome: 'impossible' },
        ...{ chats: 0, chatsNotRead: 0, messages: 0, messagesNotPublished: 0 },
      },
    ]);
    expect(resolve.health().backFill.gaps).toBe(0);
    expect(place.graph.asked).toEqual([]);
  });

  it('fills a gap whose beginning an earlier process saw, and no gap twice', async () => {
    post(chatId, '7', 10, announcement);
    const first = place.start(clock());
    await watch('chat', 'WatchClosed', 0);
    await watch('chat', 'WatchClosed', 3);
    await place.deliver(basic('x'));
    await eventually('it is on record', () => (first.health().position ?? '') >= '00000000000000000004');
    await place.stop();
    place.start(clock());
    await watch('chat', 'WatchOpened', 20);
    await filled();
    await watch('chat', 'WatchProved', 21);
    await eventually('that is on record', () => place.of('ResolveAdvanced').at(-1)?.data['backFill'] === undefined);
    await place.stop();
    const third = place.start(clock());
    await eventually('it is up', () => third.health().caughtUp);
    expect(checked(place.of('GapBackFilled'))).toMatchObject([{ from: time(0), to: time(20), messages: 1 }]);
    expect(place.published).toHaveLength(1);
  });

  it('fills a gap from the beginning that came to light while it lasted', async () => {
    post(chatId, '7', 2, announcement);
    place.start(clock());
    await watch('chat', 'WatchClosed', 5);
    await watch('chat', 'WatchClosed', 1);
    await watch('chat', 'WatchOpened', 20);
    await filled();
    expect(checked(place.of('GapBackFilled'))).toMatchObject([{ from: time(1), to: time(20), messages: 1 }]);
  });

  it('waits for a sign-in without asking anybody', async () => {
    place.graph.failure = gone;
    const resolve = place.start(clock(), { tenantId: undefined as never });
    await gap(0, 20);
    await place.deliver(basic('x'));
    await eventually('the notice is given up', () => resolve.health().givenUp === 1);
    expect(resolve.health().backFill).toEqual({ gaps: 1 });
    expect(place.of('GapBackFilled')).toEqual([]);
  });
});
