import { describe, expect, it } from 'vitest';
import { createRecentIds as create, type RecentIds } from '#adapters/sqlite/recent-ids.ts';

/** One that was asked before, so that it remembers. */
function createRecentIds(generation?: number): RecentIds {
  const recent = create(generation);
  recent.find(0, 'nothing');
  return recent;
}

describe('recent ids', () => {
  it('finds what a request of the same transaction added', () => {
    const recent = createRecentIds();
    recent.add(1, 'a', 5);
    recent.keep();
    expect(recent.find(1, 'a')).toBe(5);
    expect(recent.find(2, 'a')).toBeUndefined();
  });

  it('forgets a request that was undone and a transaction that was rolled back', () => {
    const recent = createRecentIds();
    recent.add(1, 'undone', 5);
    recent.drop();
    recent.keep();
    recent.add(1, 'rolled back', 6);
    recent.keep();
    recent.forget();
    recent.confirm();
    expect(recent.find(1, 'undone')).toBeUndefined();
    expect(recent.find(1, 'rolled back')).toBeUndefined();
  });

  it('remembers nothing until it is asked', () => {
    const recent = create();
    recent.add(1, 'a', 5);
    recent.keep();
    expect(recent.find(1, 'a')).toBeUndefined();
  });

  it('remembers between one and two generations', () => {
    const recent = createRecentIds(10);
    for (let n = 0; n < 25; n++) {
      recent.add(1, `id-${n}`, n);
      recent.keep();
      recent.confirm();
    }
    const known = Array.from({ length: 25 }, (_, n) => recent.find(1, `id-${n}`)).filter(
      (found) => found !== undefined,
    );
    expect(known).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
  });
});
