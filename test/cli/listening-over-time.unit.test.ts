import { describe, expect, it } from 'vitest';
import { createListening, judgeListening } from '#cli/roles/listening.ts';
import type { Reached } from '#cli/roles/reached.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const reading = (partition: string, heardAt: number, lagMs = 0) =>
  ({ partition, state: 'reading', since: start, appendedTo: 5, heardAt, lagMs }) as const;

describe('whether Tocsin listens', () => {
  it('is known to the second since when, however late somebody asks', async () => {
    const clock = createManualClock(start);
    let deaf = false;
    const listening = createListening({
      clock,
      own: () => [reading('0', deaf ? start : clock.now())],
    });
    const stop = new AbortController();
    const running = listening.run(stop.signal);
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        await eventually('a look', () => clock.sleepers() === 1);
        clock.advance(1000);
        await eventually('the next look', () => clock.sleepers() === 1);
      }
    };
    await pass(60);
    expect(listening.state()).toMatchObject({ ok: true, since: start });
    deaf = true;
    await pass(30);
    expect(listening.state()).toMatchObject({ ok: false, since: start + 61_000 });
    stop.abort();
    await running;
  });

  it('is not so on a desk that the log does not reach, but for a moment', () => {
    const clock = createManualClock(start);
    let reached: Reached = 'yes';
    const listening = createListening({ clock, own: () => [reading('0', clock.now())], reached: () => reached });
    expect(listening.state()).toMatchObject({ ok: true });
    reached = 'cut-off';
    clock.advance(3000);
    expect(listening.state()).toMatchObject({ ok: true });
    clock.advance(1);
    expect(listening.state()).toMatchObject({ ok: false, word: expect.stringContaining('event log') });
    reached = 'yes';
    expect(listening.state()).toMatchObject({ ok: true });
    reached = 'catching-up';
    clock.advance(3001);
    expect(listening.state()).toMatchObject({ ok: false, word: expect.stringContaining('not read the whole') });
  });

  it('is the answer of the partition that was heard longest ago', () => {
    expect(judgeListening([reading('0', start), reading('1', start - 5000)], start)).toEqual({
      ok: true,
      lastProofAt: start - 5000,
    });
    expect(judgeListening([reading('0', start), reading('1', start - 15_001)], start)).toMatchObject({
      ok: false,
      lastProofAt: start - 15_001,
      word: 'Partition 1 of the hub is not being read',
    });
  });

  it('is not so while nobody reads, one partition waits, was never heard, or is read late', () => {
    expect(judgeListening([], start)).toMatchObject({ ok: false, word: 'Nobody reads the hub' });
    const waiting = { ...reading('1', start), state: 'waiting' as const };
    expect(judgeListening([reading('0', start), waiting], start)).toMatchObject({ ok: false });
    const { heardAt: _, ...never } = reading('1', start);
    const judged = judgeListening([reading('0', start), never], start);
    expect(judged).toMatchObject({ ok: false });
    expect(judged).not.toHaveProperty('lastProofAt');
    expect(judgeListening([reading('0', start, 20_000)], start)).toMatchObject({
      ok: false,
      word: 'Calls come late: the hub is read 20 s behind',
    });
  });

  it('counts what another process reads, and not what this one claims and does not read', async () => {
    const clock = createManualClock(start);
    const claim = (partitionId: string, ownerId: string) => ({
      partitionId,
      ownerId,
      etag: 'e',
      claimedAt: clock.now(),
    });
    let claims = [claim('0', 'us'), claim('1', 'them')];
    let ours = [reading('0', start), { ...reading('1', start), state: 'stopped' as const }];
    const listening = createListening({
      clock,
      own: () => ours,
      elsewhere: {
        ...{ hub: 'hub', source: undefined, self: 'us' },
        ownership: { list: async () => claims, claim: async () => [], release: async () => {}, close: async () => {} },
        log: createMemoryEventLog(),
      },
    });
    const stop = new AbortController();
    const running = listening.run(stop.signal);
    await eventually('a look', () => clock.sleepers() === 1);
    expect(listening.state()).toMatchObject({ ok: true });
    ours = [{ ...reading('0', start), state: 'stopped' as const }];
    claims = [claim('0', 'us'), claim('1', 'them')];
    clock.advance(3000);
    await eventually('the next look', () => clock.sleepers() === 1);
    expect(listening.state()).toMatchObject({ ok: false, word: 'Partition 0 of the hub is not being read' });
    stop.abort();
    await running;
  });
});
