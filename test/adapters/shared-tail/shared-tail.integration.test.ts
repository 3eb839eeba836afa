import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSharedTail } from '#adapters/shared-tail/shared-tail.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventLog, SubscribeOptions, SubscriptionItem } from '#ports/event-log.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

async function setUp() {
  const inner = await createSqliteEventLog({ file: `${temporaryFolder()}/log.db`, clock: systemClock });
  const asked: SubscribeOptions[] = [];
  const breaking = Promise.withResolvers<never>();
  breaking.promise.catch(() => undefined);
  async function* untilBroken(items: AsyncIterable<SubscriptionItem>) {
    const each = items[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([each.next(), breaking.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  }
  const counted: EventLog = {
    ...inner,
    subscribe(options) {
      asked.push(options);
      // The first is the one that all share.
      return asked.length === 1 ? untilBroken(inner.subscribe(options)) : inner.subscribe(options);
    },
  };
  const log = createSharedTail(counted, systemClock);
  onTestFinished(() => log.close());
  const revisions = new Map<string, number>();
  const append = async (stream: string, count: number) => {
    const before = revisions.get(stream);
    const events = Array.from({ length: count }, (_, n) => ({
      id: randomUUID(),
      type: 'Numbered',
      data: { n },
      metadata: {},
    }));
    const result = await log.append(stream, before ?? 'no-stream', events);
    if (!result.ok) throw new Error(result.reason);
    revisions.set(stream, result.revision);
  };
  const open = () => asked.filter(({ signal }) => !signal.aborted).length;
  return {
    ...{ log, append, open },
    /** Somebody had a subscription of his own, and is done with it. */
    joined: () => asked.length === 2 && open() === 1,
    breakShared: () => breaking.reject(new Error('the wire was cut')),
  };
}

/** Follows in the background; what it saw, and how to hold it up. */
function follow(log: EventLog, prefix: string) {
  const stop = new AbortController();
  const seen: string[] = [];
  let gate: Promise<void> = Promise.resolve();
  const ended = (async () => {
    for await (const item of log.subscribe({
      signal: stop.signal,
      filter: { by: 'stream-prefix', prefixes: [prefix] },
    })) {
      await gate;
      if (item.kind === 'events') seen.push(...item.events.map(({ stream, revision }) => `${stream}@${revision}`));
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return {
    ...{ seen, ended },
    hold(): () => void {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
  };
}
const numbers = (stream: string, count: number) => Array.from({ length: count }, (_, n) => `${stream}@${n}`);

describe('one live subscription for all', () => {
  it('serves every follower what he wants, once and in order, over a single subscription', async () => {
    const { log, append, open } = await setUp();
    await append('a-1', 700);
    await append('b-1', 10);
    const [a, again, b] = [follow(log, 'a-'), follow(log, 'a-'), follow(log, 'b-')];
    await eventually(
      'all share one',
      () => a.seen.length === 700 && b.seen.length === 10 && again.seen.length === 700 && open() === 1,
    );
    for (let round = 0; round < 20; round++) {
      await append('a-1', 15);
      await append('b-1', 1);
    }
    await eventually(
      'everything came',
      () => a.seen.length === 1000 && again.seen.length === 1000 && b.seen.length === 30,
    );
    expect(a.seen).toEqual(numbers('a-1', 1000));
    expect(again.seen).toEqual(a.seen);
    expect(b.seen).toEqual(numbers('b-1', 30));
    expect(open()).toBe(1);
  });

  it('lets who falls behind read the log himself, and join again, without a gap', async () => {
    const { log, append, open } = await setUp();
    await append('a-1', 1);
    const slow = follow(log, 'a-');
    await eventually('he joined', () => slow.seen.length === 1 && open() === 1);
    const release = slow.hold();
    for (let round = 0; round < 24; round++) await append('a-1', 500);
    release();
    await eventually('he has everything', () => slow.seen.length === 12_001 && open() === 1);
    expect(slow.seen).toEqual(numbers('a-1', 12_001));
  });

  it('ends for who follows an empty log when the log is closed', async () => {
    const { log, joined } = await setUp();
    const { ended } = follow(log, 'a-');
    await eventually('he joined', joined);
    await log.close();
    await expect(ended).resolves.toBeUndefined();
  });

  it('lets who follows an empty log go on by himself when it breaks', async () => {
    const { log, append, joined, open, breakShared } = await setUp();
    const { seen } = follow(log, 'a-');
    await eventually('he joined', joined);
    breakShared();
    await eventually('he has one of his own', () => open() === 2);
    await append('a-1', 3);
    await eventually('he has everything', () => seen.length === 3);
    expect(seen).toEqual(numbers('a-1', 3));
  });
});
