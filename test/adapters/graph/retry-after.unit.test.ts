import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '#adapters/graph/retry-after.ts';

const now = Date.parse('2026-11-21T14:05:00Z');

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 1.5 ', 1_500],
    ['999999999', 86_400_000],
    ['Sat, 21 Nov 2026 14:05:30 GMT', 30_000],
    ['Saturday, 21-Nov-26 14:05:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 14:04:30 GMT', 0],
  ])('is read from %j', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });

  it.each([undefined, '', '-5', 'soon', '1e9', '20:26', 'NaN', 'Infinity', 'Sat, 99 Foo 2026'])(
    'is none in %j',
    (header) => {
      expect(retryAfterMs(header, now)).toBeUndefined();
    },
  );

  it('counts a date by the clock of who wrote it', () => {
    expect(retryAfterMs('Sat, 21 Nov 2026 14:05:30 GMT', now + 20_000)).toBe(10_000);
  });
});
