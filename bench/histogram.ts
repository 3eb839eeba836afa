/** A Prometheus histogram as it stands in a scrape: counts up to and with each bound. */
export interface Histogram {
  readonly sum: number;
  readonly count: number;
  readonly buckets: readonly { readonly atMost: number; readonly count: number }[];
}

/** Finds a histogram without labels in a scrape (Prometheus text exposition format 0.0.4). */
export function histogramOf(scrape: string, name: string): Histogram {
  const buckets: { atMost: number; count: number }[] = [];
  let sum = 0;
  let count = 0;
  for (const line of scrape.split('\n')) {
    const [, suffix, bound, value = '0'] = /^\w+?_(bucket|sum|count)(?:\{le="([^"]+)"\})? (\S+)/.exec(line) ?? [];
    if (suffix === undefined || !line.startsWith(`${name}_${suffix}`)) continue;
    if (suffix === 'sum') sum = Number(value);
    else if (suffix === 'count') count = Number(value);
    else buckets.push({ atMost: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count: Number(value) });
  }
  return { sum, count, buckets };
}

/** What was observed between two scrapes. */
export function between(before: Histogram, after: Histogram): Histogram {
  return {
    sum: after.sum - before.sum,
    count: after.count - before.count,
    buckets: after.buckets.map(({ atMost, count }, index) => ({
      atMost,
      count: count - (before.buckets[index]?.count ?? 0),
    })),
  };
}

/** The smallest bound that so many percent of the observations stay within; infinite where none is known. */
export function boundOf({ buckets, count }: Histogram, percent: number): number {
  return buckets.find((bucket) => bucket.count >= (count * percent) / 100)?.atMost ?? Number.POSITIVE_INFINITY;
}
