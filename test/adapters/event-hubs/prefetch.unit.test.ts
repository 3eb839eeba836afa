import { describe, expect, it } from 'vitest';
import { createPrefetch } from '#adapters/event-hubs/prefetch.ts';
import { defaultTuning } from '#adapters/event-hubs/tuning.ts';

const create = (more: Partial<typeof defaultTuning> = {}) => createPrefetch({ ...defaultTuning, ...more });
const mebibyte = 1024 * 1024;

describe('how much is fetched ahead', () => {
  it('is little while the size of messages is not known', () => {
    expect(create().open()).toEqual({ prefetchCount: 128, maxBatchSize: 128 });
  });

  it('is much for small messages that come in numbers', () => {
    const prefetch = create();
    prefetch.open();
    for (let count = 0; count < 3; count += 1) prefetch.handedOut({ count: 128, bytes: 128_000 });
    expect(prefetch.judge(0)).toBeUndefined();
    prefetch.handedOut({ count: 128, bytes: 128_000 });
    expect(prefetch.judge(0)).toBe('faster');
    expect(prefetch.open()).toEqual({ prefetchCount: 600, maxBatchSize: 500 });
    for (let count = 0; count < 9; count += 1) prefetch.handedOut({ count: 500, bytes: 500_000 });
    expect(prefetch.judge(0)).toBeUndefined();
  });

  it('stays as it is for small messages that come one by one', () => {
    const prefetch = create();
    prefetch.open();
    for (let count = 0; count < 1_000; count += 1) prefetch.handedOut({ count: 1, bytes: 1_000 });
    expect(prefetch.judge(0)).toBeUndefined();
  });

  it('is cut for large messages, batch and all', () => {
    const prefetch = create();
    prefetch.open();
    prefetch.handedOut({ count: 10, bytes: 10 * mebibyte });
    expect(prefetch.judge(0)).toBe('buffer');
    expect(prefetch.open()).toEqual({ prefetchCount: 15, maxBatchSize: 15 });
  });

  it('remembers large messages for a while', () => {
    const prefetch = create();
    prefetch.open();
    prefetch.handedOut({ count: 1, bytes: mebibyte });
    prefetch.handedOut({ count: 1, bytes: 100 });
    expect(prefetch.open().prefetchCount).toBeLessThan(20);
  });

  it('asks for a new link when the client holds too much', () => {
    const prefetch = create();
    prefetch.open();
    prefetch.handedOut({ count: 100, bytes: 100_000 });
    expect(prefetch.judge(8_000)).toBeUndefined();
    expect(prefetch.judge(9_000)).toBe('buffer');
  });

  it('bounds what the client can hold by what it asked for, which grows with every cycle', () => {
    const prefetch = create({ maxPrefetch: 128 });
    prefetch.open();
    for (let count = 0; count < 10; count += 1) prefetch.idle();
    expect(prefetch.mostBuffered()).toBe(11 * 128);
    prefetch.handedOut({ count: 100, bytes: 1_000 });
    expect(prefetch.mostBuffered()).toBe(12 * 128 - 100);
    prefetch.open();
    expect(prefetch.mostBuffered()).toBe(128);
  });

  it('asks for a new link after many idle cycles in a row, and long before the credit no longer fits its 32 bits', () => {
    const idle = create({ maxIdleCycles: 3 });
    idle.open();
    idle.idle();
    idle.idle();
    expect(idle.judge(0)).toBeUndefined();
    idle.idle();
    expect(idle.judge(0)).toBe('credit');
    const busy = create({ maxCredit: 1_000 });
    busy.open();
    for (let count = 0; count < 7; count += 1) busy.handedOut({ count: 1, bytes: 1 });
    expect(busy.judge(0)).toBe('credit');
  });
});
