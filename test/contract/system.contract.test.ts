import { describe, expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { describeClock } from '#test/contract/clock.contract.ts';
import { describeIds } from '#test/contract/ids.contract.ts';

describeClock('of the machine', () => ({ clock: systemClock, pass: (ms) => systemClock.sleep(ms) }));
describeClock('moved by hand', () => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  return { clock, pass: async (ms) => clock.advance(ms) };
});
describeIds('of the machine', () => systemIds);
describeIds('from a seed', () => createSeededIds(7));

describe('ids from a seed', () => {
  it('are the same again for the same seed', () => {
    const [a, b] = [createSeededIds(3), createSeededIds(3)];
    expect([a.random(), a.fraction(), a.random()]).toEqual([b.random(), b.fraction(), b.random()]);
  });
});
