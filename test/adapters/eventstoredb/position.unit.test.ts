import { describe, expect, it } from 'vitest';
import { fromLogPosition, toKnownPosition, toLogPosition } from '#adapters/eventstoredb/position.ts';

describe('a position of the log', () => {
  it('is the commit position in 20 digits where both numbers are equal', () => {
    expect(toLogPosition({ commit: 42n, prepare: 42n })).toBe('00000000000000000042');
  });

  it('names the prepare position too where it differs', () => {
    expect(toLogPosition({ commit: 42n, prepare: 7n })).toBe('00000000000000000042_00000000000000000007');
  });

  it('comes back as it went', () => {
    for (const position of [
      { commit: 0n, prepare: 0n },
      { commit: 42n, prepare: 7n },
      { commit: 2n ** 63n - 1n, prepare: 2n ** 63n - 1n },
    ]) {
      expect(fromLogPosition(toLogPosition(position))).toEqual(position);
    }
  });

  it('compares as text as the numbers do', () => {
    const positions = [
      { commit: 9n, prepare: 9n },
      { commit: 10n, prepare: 10n },
      { commit: 99_999n, prepare: 99_999n },
      { commit: 100_000n, prepare: 3n },
      { commit: 100_000n, prepare: 20n },
      { commit: 2n ** 62n, prepare: 2n ** 62n },
    ].map(toLogPosition);
    expect(positions.toSorted()).toEqual(positions);
  });

  it('is unknown where the server gives none or its largest number', () => {
    expect(toKnownPosition(undefined)).toBeUndefined();
    expect(toKnownPosition({ commit: 2n ** 64n - 1n, prepare: 2n ** 64n - 1n })).toBeUndefined();
  });

  it.each(['', '42', 'x'.repeat(20), `${'0'.repeat(20)}_7`, ` ${'0'.repeat(20)}`])('is not %j', (text) => {
    expect(() => fromLogPosition(text)).toThrow(TypeError);
  });
});
