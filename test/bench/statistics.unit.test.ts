import { describe, expect, it } from 'vitest';
import { percentileOf, slopeOf, spreadOf } from '#bench/statistics.ts';

describe('percentiles', () => {
  it('are the values themselves where a value stands at that place', () => {
    const values = [50, 10, 40, 20, 30];
    expect([0, 25, 50, 75, 100].map((percent) => percentileOf(values, percent))).toEqual([10, 20, 30, 40, 50]);
  });

  it('lie between neighbours where none does', () => {
    expect(percentileOf([1, 2, 3, 4], 50)).toBe(2.5);
    expect(percentileOf([0, 100], 99)).toBe(99);
  });

  it('leave the order of the values as it was', () => {
    const values = [3, 1, 2];
    percentileOf(values, 50);
    expect(values).toEqual([3, 1, 2]);
  });

  it('are not made up where there is nothing', () => {
    expect(() => percentileOf([], 50)).toThrow(RangeError);
  });
});

describe('the spread of several rounds', () => {
  it('has the least, the middle and the greatest', () => {
    expect(spreadOf([9, 2, 4])).toEqual({ min: 2, median: 4, max: 9 });
  });
});

describe('the slope of points', () => {
  it('is that of the line they lie on', () => {
    expect(slopeOf([1, 2, 3].map((x) => ({ x, y: 7 - 2 * x })))).toBeCloseTo(-2);
  });

  it('is not moved by noise that goes both ways alike', () => {
    const noise = [1, -1, -1, 1];
    expect(slopeOf(noise.map((y, x) => ({ x, y: 5 + y })))).toBeCloseTo(0);
  });

  it('is 0 where all points stand above each other', () => {
    expect(
      slopeOf([
        { x: 1, y: 1 },
        { x: 1, y: 9 },
      ]),
    ).toBe(0);
  });
});
