import { describe, expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { asksForToken } from '#processor/watch/state.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import { chat, minute, start, watchedFeed } from '#test/processor/watch/watched-feed.ts';

describe('the record of the watch', () => {
  const { given, iso, kept, lost, madeAnew, pass, put, run, subscribed } = watchedFeed();

  it('begins with a gap until there is a subscription, then opens', async () => {
    run();
    await pass(3000);
    expect(kept()).toEqual([['WatchClosed', 0, 'not-started']]);
    await subscribed(start + 60 * minute);
    await pass(2000);
    expect(kept().slice(1)).toEqual([['WatchOpened', expect.any(Number), undefined]]);
    expect(kept()[1]?.[1]).toBeGreaterThanOrEqual(3000);
  });

  it('goes on record also for a policy that comes while it runs, and goes on from what is known of it', async () => {
    const policy: WatchTarget = { feed: 'events', policy: 'HQ', credential: 'events', subscription: 'events/hq' };
    const targets = [chat];
    run(targets);
    await pass(2000);
    targets.push(policy);
    await pass(2000);
    expect(kept('watch-events')).toEqual([['WatchClosed', expect.any(Number), 'not-started']]);
    targets.splice(1, 1);
    await pass(2000);
    targets.push({ ...policy });
    await pass(2000);
    expect(kept('watch-events')).toHaveLength(1);
  });

  it('proves itself once a minute, not more often', async () => {
    await subscribed(start + 600 * minute);
    run();
    await pass(3 * minute + 2000);
    expect(kept().map(([type]) => type)).toEqual(['WatchOpened', 'WatchProved', 'WatchProved', 'WatchProved']);
  });

  it('closes when the subscription ran out, at that moment', async () => {
    await subscribed(start + 10_000);
    run();
    await pass(13_000);
    expect(kept().at(-1)).toEqual(['WatchClosed', 10_000, 'subscription-expired']);
  });

  it('closes when the hub is not read, at the last proof that it was', async () => {
    await subscribed(start + 600 * minute);
    run();
    await pass(5000);
    given.hub = { ok: false, cause: 'partition-not-read', provedAt: given.clock.now() };
    await pass(20_000);
    expect(kept().at(-1)).toEqual(['WatchClosed', 5000, 'partition-not-read']);
    expect(kept()).toHaveLength(2);
  });

  it('says that nobody was there when the last proof is old', async () => {
    await subscribed(start + 600 * minute);
    const stop = run();
    await pass(2 * minute);
    await stop();
    given.clock.advance(10 * minute);
    run();
    await pass(2000);
    const [closed, opened] = kept().slice(-2);
    expect(closed?.slice(0, 1).concat(closed[2])).toEqual(['WatchClosed', 'tocsin-not-running']);
    expect(closed?.[1]).toBeLessThanOrEqual(2 * minute);
    expect(opened?.[0]).toBe('WatchOpened');
    expect(opened?.[1]).toBeGreaterThanOrEqual(12 * minute);
  });

  describe('of a subscription that went without a word', () => {
    /** Watched for a minute since Graph last said that it lives; then the hub is not read for ten seconds. */
    async function hubGap(during: () => Promise<void> = async () => undefined): Promise<void> {
      await subscribed(start + 600 * minute);
      run();
      await pass(minute);
      given.hub = { ok: false, cause: 'hub-unreachable', provedAt: given.clock.now() };
      await pass(5000);
      await during();
      await pass(5000);
      given.hub = 'as-it-is-read';
      await pass(3000);
    }

    it('begins when Graph last said that it lives, also where an earlier gap was on record by then', async () => {
      await hubGap();
      await pass(minute);
      expect(kept().at(-1)?.[0]).not.toBe('WatchClosed');
      await lost('not-found');
      await pass(3000);
      expect(kept().at(-1)).toEqual(['WatchClosed', 0, 'subscription-missing']);
      const before = kept().length;
      await pass(5000);
      expect(kept()).toHaveLength(before);
      const again = given.clock.now();
      await subscribed(again + 600 * minute);
      await pass(2000);
      expect(kept().at(-1)).toEqual(['WatchOpened', expect.any(Number), undefined]);
      expect(Number(kept().at(-1)?.[1])).toBeGreaterThanOrEqual(again - start);
    });

    it('is put on record though nothing was watched anyway when that was found', async () => {
      await hubGap(() => lost('not-found'));
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([
        ['WatchClosed', 60_000, 'hub-unreachable'],
        ['WatchClosed', 0, 'subscription-missing'],
      ]);
    });

    it('is put on record though it was made anew before the hub was read again', async () => {
      await hubGap(async () => {
        await lost('not-found');
        await pass(1000);
        await subscribed(given.clock.now() + 600 * minute);
      });
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([
        ['WatchClosed', 60_000, 'hub-unreachable'],
        ['WatchClosed', 0, 'subscription-missing'],
      ]);
      expect(kept().at(-1)?.[0]).toBe('WatchOpened');
      expect(Number(kept().at(-1)?.[1])).toBeGreaterThanOrEqual(66_000);
    });
  });

  describe('where nobody looked when it happened', () => {
    /** Watched for three minutes; then whoever looked dies, and five minutes later it is lost and made anew. */
    async function lostUnseen(): Promise<void> {
      await subscribed(start + 600 * minute);
      const stop = run();
      await pass(3 * minute);
      await stop();
      given.clock.advance(5 * minute);
      await lost('not-found');
      await madeAnew();
    }

    it('has the gap from when Graph last said that it lives, not only from the last proof of whoever died', async () => {
      await lostUnseen();
      const again = given.clock.now() - start;
      given.clock.advance(5 * minute);
      run();
      await pass(3000);
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([['WatchClosed', 0, 'subscription-missing']]);
      expect(Number(kept().findLast(([type]) => type === 'WatchOpened')?.[1])).toBeGreaterThanOrEqual(again);
    });

    it('has the gap also when it is not watched yet', async () => {
      await lostUnseen();
      given.hub = { ok: false, cause: 'hub-unreachable' };
      run();
      await pass(3000);
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([['WatchClosed', 0, 'subscription-missing']]);
    });

    it('has a token that ran out and was renewed within a restart', async () => {
      await subscribed(start + 65_000);
      const stop = run();
      await pass(minute);
      await stop();
      given.clock.advance(30_000);
      await subscribed(given.clock.now() + 600 * minute);
      run();
      await pass(3000);
      expect(kept().slice(2)).toEqual([
        ['WatchClosed', 60_000, 'tocsin-not-running'],
        ['WatchOpened', 90_000, undefined],
      ]);
    });

    it('has what came to the log only after later gaps were on record, and says it once', async () => {
      await subscribed(start + 600 * minute);
      const stop = run();
      await pass(minute);
      given.hub = { ok: false, cause: 'hub-unreachable', provedAt: given.clock.now() };
      await pass(minute);
      given.hub = 'as-it-is-read';
      await pass(minute);
      await stop();
      await lost('removed', start + 20_000);
      await madeAnew(start + 40_000);
      const stopAgain = run();
      await pass(3000);
      expect(kept().findLast(([type]) => type === 'WatchClosed')).toEqual(['WatchClosed', 0, 'subscription-removed']);
      await stopAgain();
      const before = kept().length;
      run();
      await pass(3000);
      expect(kept()).toHaveLength(before);
    });
  });

  it('goes on when another subscription has taken the place of the one that is deleted', async () => {
    await subscribed(start + 600 * minute);
    run();
    await pass(3000);
    await madeAnew();
    await put('subscription-chat', 'SubscriptionRemoved', { feed: 'chat', graphId: 'g', cause: 'recreated' });
    await pass(10_000);
    expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([]);
  });

  describe('for which Graph asks for a new token', () => {
    const second = 1000;
    const asked = (enqueuedAt: number) => {
      const id = systemIds.random();
      const metadata = { enqueuedAt: iso(enqueuedAt) };
      const data = { data: { subscriptionId: 'g' } };
      const before = given.log.stream('inbox-hub-0').length;
      const expected = before === 0 ? 'no-stream' : before - 1;
      return given.log.append('inbox-hub-0', expected, [{ id, type: asksForToken, data, metadata }]);
    };

    it('is not watched from then on until it is given one, whatever Graph says of the subscription itself', async () => {
      await subscribed(start + 600 * minute);
      run();
      await pass(30 * second);
      await asked(start + 30 * second);
      await pass(90 * second);
      expect(kept().at(-1)).toEqual(['WatchClosed', 30 * second, 'delivery-paused']);
      await put('subscription-chat', 'SubscriptionConfirmed', { feed: 'chat', graphId: 'g' });
      await put('subscription-chat', 'SubscriptionAdopted', { feed: 'chat', graphId: 'g' });
      await pass(5 * second);
      expect(kept().at(-1)?.[0]).toBe('WatchClosed');
      await subscribed(start + 600 * minute);
      await pass(5 * second);
      expect(kept().at(-1)?.[0]).toBe('WatchOpened');
    });

    it('is watched all the time where it is given one soon, or was shortly before', async () => {
      await subscribed(start + 600 * minute);
      run();
      await asked(start + 5 * second);
      await pass(120 * second);
      await asked(start + 120 * second);
      await pass(30 * second);
      await subscribed(start + 600 * minute);
      await asked(start + 120 * second);
      await pass(120 * second);
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([]);
    });

    it('is watched where the notice names none, though nobody knows the id of its own', async () => {
      const until = iso(start + 600 * minute);
      await put('subscription-chat', 'SubscriptionRenewed', { feed: 'chat', expiresAt: until, deliversUntil: until });
      run();
      await pass(30 * second);
      await put('inbox-hub-0', asksForToken, { data: {} });
      await pass(120 * second);
      expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([]);
    });

    it('has the time without one on record also where that came to light late', async () => {
      await subscribed(start + 600 * minute);
      const stop = run();
      await pass(30 * second);
      await stop();
      await asked(start + 30 * second);
      given.clock.advance(10 * minute);
      await subscribed(start + 600 * minute);
      run();
      await pass(5 * second);
      expect(kept()).toContainEqual(['WatchClosed', 30 * second, 'delivery-paused']);
      expect(kept().at(-1)?.[0]).not.toBe('WatchClosed');
    });
  });

  describe('what comes late to the log', () => {
    const confirmed = (graphId: string, decidedAt: number) =>
      put(
        'subscription-chat',
        'SubscriptionConfirmed',
        { feed: 'chat', graphId, expiresAt: iso(start + 600 * minute), deliversUntil: iso(start + 600 * minute) },
        decidedAt,
      );

    it('is a proof of when it was decided, not of when it was written', async () => {
      await subscribed(start + 600 * minute);
      run();
      await pass(3000);
      given.clock.advance(60 * minute);
      await confirmed('g', start + 10 * minute);
      await pass(1000);
      await lost('removed');
      await pass(3000);
      expect(kept().find(([type, , cause]) => type === 'WatchClosed' && cause === 'subscription-removed')).toEqual([
        ...['WatchClosed', 10 * minute, 'subscription-removed'],
      ]);
    });

    it('is the end of trouble: what comes of the token later has a cause of its own', async () => {
      await subscribed(start + 10_000);
      await put('subscription-chat', 'SubscriptionTroubled', { feed: 'chat', what: 'Graph does not answer' });
      run();
      await pass(3000);
      await confirmed('g', given.clock.now());
      await pass(10_000);
      expect(kept().at(-1)).toEqual(['WatchClosed', 10_000, 'subscription-expired']);
    });

    it('does not bring back what was lost since, nor another one', async () => {
      await subscribed(start + 600 * minute);
      run();
      await pass(3000);
      const seen = given.clock.now();
      await pass(1000);
      await lost('removed');
      await confirmed('g', seen);
      await confirmed('another', given.clock.now() + 1);
      await pass(5000);
      expect(kept().at(-1)?.[0]).toBe('WatchClosed');
      await confirmed('g', given.clock.now() + 1);
      await pass(3000);
      expect(kept().at(-1)?.[0]).toBe('WatchOpened');
    });
  });

  it('is written once by two processes, and at last by each when the log was away', async () => {
    await subscribed(start + 600 * minute);
    run();
    run();
    await pass(2 * minute + 5000);
    expect(kept().filter(([type]) => type === 'WatchOpened')).toHaveLength(1);
    expect(kept().filter(([type]) => type === 'WatchProved').length).toBeLessThanOrEqual(3);
    given.log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'away' });
    await pass(2 * minute);
    given.log.faults = undefined;
    await pass(2 * minute);
    expect(kept().at(-1)?.[0]).toBe('WatchProved');
  });

  it('repeats what it does not know the outcome of, once', async () => {
    await subscribed(start + 600 * minute);
    let lost = false;
    given.log.faults = (stream) => {
      if (lost || stream !== 'watch-chat') return undefined;
      lost = true;
      return 'lost-answer';
    };
    run();
    await pass(5000);
    expect(kept().map(([type]) => type)).toEqual(['WatchOpened']);
  });

  it('keeps the policies of a feed apart', async () => {
    const of = (policy: string): WatchTarget => ({
      feed: 'events',
      policy,
      credential: 'events',
      subscription: policy,
    });
    await put('subscription-North', 'SubscriptionCreated', { feed: 'events', policy: 'North', graphId: 'n' });
    run([of('North'), of('South')]);
    await pass(3000);
    const events = given.log.stream('watch-events').map(({ type, data }) => [data['policy'], type]);
    expect(events).toEqual([
      ['North', 'WatchOpened'],
      ['South', 'WatchClosed'],
    ]);
  });
});
