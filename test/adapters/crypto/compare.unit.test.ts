import { describe, expect, it } from 'vitest';
import { matchesAny } from '#adapters/crypto/compare.ts';

describe('comparing a secret with the accepted ones', () => {
  it.each(['first', 'second', 'third'])('accepts %s wherever it stands', (value) => {
    expect(matchesAny(value, ['first', 'second', 'third'])).toBe(true);
  });

  it.each(['', 'firs', 'first ', 'First', 'firstsecond'])('refuses %j', (value) => {
    expect(matchesAny(value, ['first', 'second'])).toBe(false);
  });

  it('refuses everything while nothing is accepted', () => {
    expect(matchesAny('', [])).toBe(false);
  });

  it('looks at all of them, also after one matched', () => {
    const seen: string[] = [];
    const accepted = function* () {
      for (const one of ['a', 'b', 'c']) {
        seen.push(one);
        yield one;
      }
    };
    expect(matchesAny('a', accepted())).toBe(true);
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});
