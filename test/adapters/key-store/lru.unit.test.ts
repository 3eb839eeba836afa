import { describe, expect, it } from 'vitest';
import { createLru } from '#adapters/key-store/lru.ts';

describe('a bounded cache', () => {
  it('forgets what was not asked for longest', () => {
    const lru = createLru<number>(2);
    lru.set('a', 1);
    lru.set('b', 2);
    expect(lru.get('a')).toBe(1);
    lru.set('c', 3);
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3]);
    expect(lru.size).toBe(2);
  });

  it('holds one value per key, the last one', () => {
    const lru = createLru<number>(2);
    lru.set('a', 1);
    lru.set('a', 2);
    expect([lru.get('a'), lru.size]).toEqual([2, 1]);
  });

  it('is empty once cleared', () => {
    const lru = createLru<number>(2);
    lru.set('a', 1);
    lru.clear();
    expect([lru.get('a'), lru.size]).toEqual([undefined, 0]);
  });
});
