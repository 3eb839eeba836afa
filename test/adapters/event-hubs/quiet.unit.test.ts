import { describe, expect, it } from 'vitest';
import { createQuiet } from '#adapters/event-hubs/quiet.ts';
import { defaultTuning } from '#adapters/event-hubs/tuning.ts';
import type { PartitionProperties } from '#ports/event-source.ts';

const { watchdogMs, silenceMs } = defaultTuning;
const partition = (last: number, isEmpty = last < 0): PartitionProperties => ({
  ...{
    partitionId: '0',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: last,
    lastEnqueuedOffset: String(last),
  },
  ...{ lastEnqueuedAt: last < 0 ? undefined : 1, isEmpty },
});

describe('a quiet partition', () => {
  it('is asked about after a while without messages, and again after another', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect(quiet.due(watchdogMs - 1)).toBe(false);
    expect(quiet.due(watchdogMs)).toBe(true);
    expect(quiet.due(watchdogMs + 1)).toBe(false);
    expect(quiet.due(2 * watchdogMs)).toBe(true);
  });

  it('is not asked about while messages come', () => {
    const quiet = createQuiet(defaultTuning, 0);
    quiet.heard(watchdogMs - 1);
    expect(quiet.due(watchdogMs)).toBe(false);
  });

  it('is asked about once when the client first reports that nothing came', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect([quiet.waited(), quiet.waited()]).toEqual([true, false]);
  });

  it('is fine when everything has arrived', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect(quiet.answered(partition(-1), undefined, 1)).toBe('fine');
    expect(quiet.answered(partition(7), 7, 2)).toBe('fine');
  });

  it('is fine when retention took what was there', () => {
    expect(createQuiet(defaultTuning, 0).answered(partition(100, true), undefined, 1)).toBe('fine');
  });

  it('is silent only when the same message is missing for a while', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect(quiet.answered(partition(8), 7, 1_000)).toBe('suspicious');
    expect(quiet.due(1_000 + silenceMs)).toBe(true);
    expect(quiet.answered(partition(8), 7, 1_000 + silenceMs - 1)).toBe('suspicious');
    expect(quiet.answered(partition(8), 7, 1_000 + silenceMs)).toBe('silent');
  });

  it('begins to count anew when something arrived', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect(quiet.answered(partition(8), 7, 1_000)).toBe('suspicious');
    quiet.heard(2_000);
    expect(quiet.answered(partition(9), 8, 1_000 + silenceMs)).toBe('suspicious');
    expect(quiet.answered(partition(10), 9, 1_001 + silenceMs)).toBe('suspicious');
  });

  it('is another one when it ends before the position, if it says so twice', () => {
    const quiet = createQuiet(defaultTuning, 0);
    expect(quiet.answered(partition(2), 7, 1_000)).toBe('suspicious');
    expect(quiet.answered(partition(2), 7, 1_000 + silenceMs)).toBe('beyond-the-end');
  });
});
