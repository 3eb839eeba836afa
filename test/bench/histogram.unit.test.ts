import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { between, boundOf, histogramOf } from '#bench/histogram.ts';

function scraped() {
  const registers = [new Registry()];
  const own = new Histogram({ name: 'own_seconds', help: 'x', buckets: [0.1, 1], registers });
  const other = new Histogram({ name: 'own_seconds_other', help: 'x', buckets: [5], registers });
  return { own, other, text: () => registers[0]?.metrics() ?? Promise.resolve('') };
}

it('reads one histogram out of a scrape, and not that of a longer name', async () => {
  const { own, other, text } = scraped();
  for (const value of [0.05, 0.5, 0.5, 30]) own.observe(value);
  other.observe(1);
  expect(histogramOf(await text(), 'own_seconds')).toEqual({
    sum: 31.05,
    count: 4,
    buckets: [
      { atMost: 0.1, count: 1 },
      { atMost: 1, count: 3 },
      { atMost: Number.POSITIVE_INFINITY, count: 4 },
    ],
  });
});

it('takes off what was observed before', async () => {
  const { own, text } = scraped();
  own.observe(30);
  const before = histogramOf(await text(), 'own_seconds');
  own.observe(0.5);
  const since = between(before, histogramOf(await text(), 'own_seconds'));
  expect(since).toMatchObject({ sum: 0.5, count: 1 });
  expect(boundOf(since, 99)).toBe(1);
});

it('gives the bound that so many percent stay within', async () => {
  const { own, text } = scraped();
  for (const value of [0.05, 0.5, 0.5, 30]) own.observe(value);
  const histogram = histogramOf(await text(), 'own_seconds');
  expect([25, 75, 76].map((percent) => boundOf(histogram, percent))).toEqual([0.1, 1, Number.POSITIVE_INFINITY]);
});
