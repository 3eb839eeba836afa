import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManualClock } from '#simulator/manual-clock.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { away, basic, chatId, createPlace, message, noon } from '#test/processor/resolve/running-resolve.ts';
import { eventually } from '#test/support/eventually.ts';

describe('a resolve that stands by', () => {
  let place: ReturnType<typeof createPlace>;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.stop());

  async function pass(clocks: readonly ManualClock[], ms: number, step = 500): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      for (const clock of clocks) clock.advance(step);
      for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
    }
  }

  /** One that stands by, and one that is active and has put on record that a message of Graph waits. */
  async function twoOfThem() {
    place.graph.failure = away;
    const [ofFirst, ofSecond] = [createManualClock(noon), createManualClock(noon)];
    const first = place.start(ofFirst);
    await eventually('the first is active', () => first.health().caughtUp);
    const second = place.start(ofSecond);
    await eventually('the first stands by', () => first.health().state === 'standby');
    await place.deliver(basic('7'));
    await eventually('it waits', () => second.health().waiting === 1);
    await pass([ofSecond], 2_000);
    await eventually('that is on record', () => place.of('ResolveAdvanced').at(-1)?.data['waiting'] === 1);
    return { first, second, ofFirst, ofSecond };
  }

  it('fetches what the active one left when it died, though nothing more comes from the hub', async () => {
    const { first, ofFirst } = await twoOfThem();
    // The second one's clock stands still: so does all that it does.
    place.graph.failure = undefined;
    place.graph.known.set(`${chatId}/7`, message('7'));
    await pass([ofFirst], 890_000, 5_000);
    expect(first.health().state).toBe('standby');
    await pass([ofFirst], 15_000);
    await eventually('it is published', () => place.published.length === 1);
    expect(first.health().state).toBe('active');
  });

  it('leaves it to an active one that waits for Graph for long', async () => {
    const { first, second, ofFirst, ofSecond } = await twoOfThem();
    const before = place.of('ResolveAdvanced').length;
    await pass([ofFirst, ofSecond], 3_600_000, 5_000);
    expect(first.health().state).toBe('standby');
    expect(second.health().state).toBe('active');
    // It says that it is at it every five minutes, and not more often.
    const said = place.of('ResolveAdvanced').length - before;
    expect(said).toBeGreaterThan(9);
    expect(said).toBeLessThan(15);
  });

  it('goes on with what Graph refused the active one of a gap when that died, though nothing more comes', async () => {
    const lastMessageAt = new Date(noon).toISOString();
    place.graph.chats = async () => ({ ok: true, value: [{ id: chatId, lastMessageAt }] });
    let isRefused = true;
    place.graph.messages = async () =>
      isRefused
        ? { ok: false, reason: 'forbidden', detail: 'no', status: 403 }
        : { ok: true, value: [message('7', { createdDateTime: lastMessageAt })] };
    const [ofFirst, ofSecond] = [createManualClock(noon), createManualClock(noon)];
    const first = place.start(ofFirst);
    await eventually('the first is active', () => first.health().caughtUp);
    const second = place.start(ofSecond);
    await eventually('the first stands by', () => first.health().state === 'standby');
    for (const [revision, type] of ['WatchClosed', 'WatchOpened'].entries()) {
      const data = { at: new Date(noon + revision * 60_000).toISOString() };
      await place.log.append('watch-chat', revision === 0 ? 'no-stream' : revision - 1, [
        { id: crypto.randomUUID(), type, data, metadata: {} },
      ]);
    }
    await eventually('it is refused', () => second.health().backFill.refused !== undefined);
    await pass([ofSecond], 2_000);
    await eventually('that is on record', () => place.of('ResolveAdvanced').at(-1)?.data['backFill'] !== undefined);
    // The second one's clock stands still: so does all that it does.
    isRefused = false;
    await pass([ofFirst], 905_000, 5_000);
    await eventually('it is filled', () => place.of('GapBackFilled').length === 1);
    expect(first.health().state).toBe('active');
    expect(place.of('GapBackFilled')[0]?.data).toMatchObject({ outcome: 'complete', messages: 1 });
  });

  it('publishes again what somebody asked for of what lies in quarantine', async () => {
    const [ofFirst, ofSecond] = [createManualClock(noon), createManualClock(noon)];
    const first = place.start(ofFirst);
    await eventually('the first is active', () => first.health().caughtUp);
    const second = place.start(ofSecond);
    await eventually('the first stands by', () => first.health().state === 'standby');
    await eventually('the second is active', () => second.health().caughtUp);
    await place.stopLast();
    const id = '00000000-0000-4000-8000-000000000000';
    const data = { stream: 'inbox-hub-0', revision: 0, by: 'ana', at: new Date(noon).toISOString() };
    await place.log.append(`quarantine-${id}`, 'no-stream', [
      { id: crypto.randomUUID(), type: 'RepublishingRequested', data, metadata: {} },
    ]);
    await pass([ofFirst], 8_000);
    await eventually('it is on record', () => place.of('QuarantineRepublished').length === 1);
  });
});
