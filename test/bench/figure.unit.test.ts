import { describe, expect, it } from 'vitest';
import { isMet, ratios, row } from '#bench/figure.ts';
import { shown, tableOf } from '#bench/report.ts';

describe('a limit', () => {
  it.each([
    [[1, 9, 5], { atLeast: 5 }, true],
    [[1, 9, 4.9], { atLeast: 5 }, false],
    [[1, 9, 5], { atMost: 5 }, true],
    [[1, 9, 5.1], { atMost: 5 }, false],
    [[Number.NaN], { atLeast: 0 }, false],
    [[Number.NaN], { atMost: 1 }, false],
  ])('of %j against %j by the median: %j', (values, limit, met) => {
    expect(isMet(row('it', '', values, limit))).toBe(met);
  });

  it('is not met or missed by a row that has none', () => {
    expect(isMet(row('it', '', [1]))).toBeUndefined();
  });
});

describe('ratios', () => {
  it('are made within each round', () => {
    expect(ratios([10, 30], [20, 15])).toEqual([0.5, 2]);
  });
});

describe('the table', () => {
  it('has three digits that count in every number', () => {
    expect([0.456, 12.345, 123.4, 54_321.9].map(shown)).toEqual(['0.46', '12.3', '123', '54,322']);
  });

  it('says which limit was missed', () => {
    const table = tableOf('Title', {
      rows: [
        row('ratio', '', [0.4], { atLeast: 0.5 }),
        row('time', 'ms', [80], { atMost: 100 }),
        row('other', 's', [1]),
      ],
      notes: ['a note'],
    });
    const lines = table.split('\n');
    expect(lines[0]).toBe('Title');
    expect(lines[2]).toContain('at least 0.50: MISSED');
    expect(lines[3]).toContain('at most 100: met');
    expect(lines[4]).not.toContain('met');
    expect(lines[5]).toBe('  - a note');
  });
});
