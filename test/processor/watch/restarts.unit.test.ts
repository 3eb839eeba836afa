import { describe, expect, it } from 'vitest';
import { minute, start, watchedFeed } from '#test/processor/watch/watched-feed.ts';

describe('the record of the watch, where somebody else begins', () => {
  const { given, iso, kept, lost, pass, put, run, subscribed } = watchedFeed();

  /** As a process that is killed: nothing of it comes to the log any more. */
  async function kill(stop: () => Promise<void>): Promise<void> {
    given.log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'dead' });
    await stop();
    given.log.faults = undefined;
  }

  /** Watched for five seconds, then stopped. */
  async function watchedAndStopped(): Promise<void> {
    await subscribed(start + 600 * minute);
    const stop = run();
    await pass(5000);
    await stop();
  }

  it('is proved up to the moment of a stop; from then on, until it is read again, nobody was there', async () => {
    await watchedAndStopped();
    given.clock.advance(20_000);
    run();
    await pass(2000);
    expect(kept().slice(1)).toEqual([['WatchProved', 5000, undefined]]);
    await pass(2 * minute);
    expect(kept().slice(2, 5)).toEqual([
      ['WatchClosed', 5000, 'tocsin-not-running'],
      ['WatchOpened', 25_000, undefined],
      ['WatchProved', expect.any(Number), undefined],
    ]);
  });

  it('is not called watched since the last proof of who was killed, however quickly it went on', async () => {
    await subscribed(start + 600 * minute);
    const stop = run();
    await pass(90_000);
    await kill(stop);
    given.clock.advance(1000);
    run();
    await pass(minute);
    expect(kept().filter(([type]) => type === 'WatchClosed')).toEqual([['WatchClosed', minute, 'tocsin-not-running']]);
    expect(kept().find(([type], index) => index > 0 && type === 'WatchOpened')?.[1]).toBe(91_000);
  });

  it('is, where the next one cannot read the hub, a gap from the last proof on, once nobody else says that he reads it', async () => {
    await watchedAndStopped();
    given.hub = { ok: false, cause: 'hub-unreachable' };
    run();
    await pass(minute);
    expect(kept()).toHaveLength(2);
    await pass(minute);
    expect(kept().slice(2)).toEqual([['WatchClosed', 5000, 'hub-unreachable']]);
  });

  it('goes on without a gap when the next one was there before the last one left', async () => {
    await subscribed(start + 600 * minute);
    const stop = run();
    await pass(30_000);
    run();
    await pass(5000);
    await stop();
    await pass(4 * minute);
    expect(kept().filter(([type]) => type !== 'WatchProved')).toEqual([['WatchOpened', 0, undefined]]);
  });

  it('waits for who was there all the time, whose proof may not be due yet', async () => {
    await subscribed(start + 600 * minute);
    run();
    await pass(50_000);
    const stop = run();
    await pass(3 * minute);
    await kill(stop);
    await pass(3 * minute);
    expect(kept().filter(([type]) => type !== 'WatchProved')).toEqual([['WatchOpened', 0, undefined]]);
  });

  it('has seen for himself that the hub was not read, also where the other one wrote at that very moment', async () => {
    await subscribed(start + 600 * minute);
    run();
    await pass(5000);
    const at = iso(start + 5000);
    await put('watch-chat', 'WatchProved', {
      at,
      proof: 'the other one leaves',
      since: iso(start),
      lossesTo: iso(start),
    });
    given.hub = { ok: false, cause: 'partition-not-read', provedAt: start + 5000 };
    await pass(1000);
    given.hub = 'as-it-is-read';
    await pass(2 * minute);
    expect(kept().slice(2, 4)).toEqual([
      ['WatchClosed', 5000, 'partition-not-read'],
      ['WatchOpened', 7000, undefined],
    ]);
    expect(
      kept()
        .slice(4)
        .map(([type]) => type),
    ).toEqual(['WatchProved']);
  });

  it('says at once that there is no subscription, and proves nothing that nobody saw', async () => {
    await watchedAndStopped();
    given.clock.advance(10_000);
    await lost('removed', given.clock.now());
    run();
    await pass(2000);
    expect(kept().at(-1)).toEqual(['WatchClosed', 0, 'subscription-removed']);
  });
});
