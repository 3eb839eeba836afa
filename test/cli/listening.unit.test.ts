import { describe, expect, it } from 'vitest';
import { judgeListening } from '#cli/roles/listening.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';

const now = Date.parse('2026-11-21T14:05:00.000Z');
const partition = (name: string, more: Partial<PartitionHealth> = {}): PartitionHealth => ({
  partition: name,
  state: 'reading',
  since: now - 60_000,
  heardAt: now - 1000,
  appendedTo: 7,
  lagMessages: 0,
  lagMs: 0,
  ...more,
});

describe('whether Tocsin listens', () => {
  it('is so while every partition was heard of within 15 seconds and nothing waits for long', () => {
    expect(judgeListening([partition('0'), partition('1', { heardAt: now - 15_000 })], now)).toEqual({
      ok: true,
      lastProofAt: now - 15_000,
    });
  });

  it('is not so when nobody reads', () => {
    expect(judgeListening([], now)).toEqual({
      ...{ ok: false, cause: 'partition-not-read', word: 'Nobody reads the hub' },
    });
  });

  it.each([
    ['is silent for longer', { heardAt: now - 15_001 }],
    ['was last heard of before the clock was set back', { heardAt: now + 15_001 }],
    ['is not read', { state: 'waiting' as const }],
    ['was given up', { state: 'stopped' as const }],
  ])('is not so when one partition %s, and says which', (_, more) => {
    expect(judgeListening([partition('0'), partition('1', more)], now)).toMatchObject({
      ok: false,
      word: 'Partition 1 of the hub is not being read',
    });
  });

  it('is not proved for the hub while one partition was never heard of', () => {
    const { heardAt: _, ...unheard } = partition('1');
    const judged = judgeListening([partition('0'), unheard], now);
    expect(judged).toMatchObject({ ok: false });
    expect(judged).not.toHaveProperty('lastProofAt');
  });

  it('says so when the whole hub is silent', () => {
    const all = [partition('0', { heardAt: now - 60_000 }), partition('1', { heardAt: now - 30_000 })];
    expect(judgeListening(all, now)).toEqual({
      ok: false,
      lastProofAt: now - 60_000,
      cause: 'partition-not-read',
      word: 'The hub is not being read',
    });
  });

  it.each([
    ['hub', 'hub-unreachable'],
    ['log', 'event-log-unreachable'],
    ['key-store', 'partition-not-read'],
  ] as const)(
    'tells the record of the watch what is away when every silent partition waits for it: %s',
    (away, cause) => {
      const waiting = (name: string) => partition(name, { state: 'waiting', away });
      expect(judgeListening([waiting('0'), waiting('1')], now)).toMatchObject({ cause });
      expect(judgeListening([waiting('0'), partition('1', { state: 'waiting' })], now)).toMatchObject({
        cause: 'partition-not-read',
      });
    },
  );

  it('is not so when calls come late although somebody reads', () => {
    expect(judgeListening([partition('0', { lagMessages: 3, lagMs: 10_000 })], now)).toMatchObject({ ok: true });
    expect(judgeListening([partition('0', { lagMessages: 3, lagMs: 12_000 })], now)).toMatchObject({
      ok: false,
      word: 'Calls come late: the hub is read 12 s behind',
    });
  });
});
