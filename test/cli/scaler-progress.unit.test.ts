import { describe, expect, it } from 'vitest';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import { leaveProgress } from '#cli/roles/scaler-progress.ts';

const read = (partition: string, appendedTo: number): PartitionHealth => ({
  ...{ partition, state: 'reading', since: 0, appendedTo, appendedOffset: `${appendedTo * 100}` },
});

/** Looks as often as there are entries; each is what the partitions are at that look, and whether the storage is there. */
async function looks(
  ...times: readonly { readonly partitions: readonly PartitionHealth[]; readonly away?: boolean }[]
) {
  const ending = new AbortController();
  const [written, changes]: [string[], (readonly [boolean, string?])[]] = [[], []];
  let look = -1;
  const clock = {
    ...{ now: () => 0, monotonic: () => 0 },
    async sleep() {
      look++;
      if (look >= times.length) ending.abort();
    },
  };
  await leaveProgress(
    {
      ...{ clock, partitions: () => times[look]?.partitions ?? [] },
      async write({ partition, sequenceNumber, offset }) {
        if (times[look]?.away === true) throw new Error('no answer');
        written.push(`${partition}: ${sequenceNumber} at ${offset}`);
      },
      onChange: (works, detail) => changes.push(detail === undefined ? [works] : [works, detail]),
    },
    ending.signal,
  );
  return { written, changes };
}

describe('telling a scaler how far the hub was read', () => {
  it('writes each partition that this process reads, when it has come further', async () => {
    const waiting = { ...read('2', 5), state: 'waiting' } as const;
    const { appendedOffset: _, ...untouched } = read('3', 9);
    const { written } = await looks(
      { partitions: [read('0', 7), waiting, untouched] },
      { partitions: [read('0', 7)] },
      { partitions: [read('0', 8), read('1', 3)] },
    );
    expect(written).toEqual(['0: 7 at 700', '0: 8 at 800', '1: 3 at 300']);
  });

  it('says once that it fails and once that it works again, and then writes what was missed', async () => {
    const partitions = [read('0', 7)];
    const { written, changes } = await looks({ partitions, away: true }, { partitions, away: true }, { partitions });
    expect(changes).toEqual([[false, 'Error: no answer'], [true]]);
    expect(written).toEqual(['0: 7 at 700']);
  });
});
