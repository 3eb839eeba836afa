import { describe, expect, it } from 'vitest';
import { createAttempts } from '#web/sign-in/attempts.ts';

describe('sign-ins that are tried', () => {
  it('are refused to an address that tries too often, until the minute is over', () => {
    let now = 0;
    const attempts = createAttempts(3, () => now);
    expect([1, 2, 3, 4].map(() => attempts.allow('a').ok)).toEqual([true, true, true, false]);
    now = 59_000;
    expect(attempts.allow('a')).toEqual({ ok: false, retrySeconds: 1 });
    now = 60_000;
    expect(attempts.allow('a').ok).toBe(true);
  });

  it('are not refused to others because one address tries thousands of times', () => {
    const attempts = createAttempts(3, () => 0);
    for (let n = 0; n < 5000; n += 1) attempts.allow('a');
    expect(attempts.allow('b').ok).toBe(true);
  });

  it('are bounded for all addresses together', () => {
    const attempts = createAttempts(3, () => 0);
    for (let n = 0; n < 60; n += 1) expect(attempts.allow(`address ${n}`).ok).toBe(true);
    expect(attempts.allow('one more').ok).toBe(false);
  });
});
