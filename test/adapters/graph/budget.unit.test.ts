import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Budget, createBudget } from '#adapters/graph/budget.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';

describe('the budget of one kind of request', () => {
  let clock: ManualClock;
  let budget: Budget;
  let out: number[];
  beforeEach(() => {
    clock = createManualClock(0);
    budget = createBudget(clock, { burst: 5, perSecond: 10 });
    out = [];
  });

  const ask = (count: number, withinMs = 60_000) =>
    Array.from({ length: count }, async () => {
      const turn = await budget.take(withinMs);
      if (turn.ok) out.push(clock.monotonic());
      return turn;
    });

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await setImmediate();
    }
  }

  it('lets nobody out before a pause is over, those who wait for their turn included', async () => {
    const asked = ask(30);
    await pass(500);
    expect(out).toHaveLength(10);
    budget.pause(20_000, 'throttled');
    asked.push(...ask(5));
    await pass(19_990);
    expect(out).toHaveLength(10);
    await pass(5_000);
    expect(out).toHaveLength(35);
    await Promise.all(asked);
  });

  it('keeps its limit also when a pause is over', async () => {
    const asked = ask(100);
    await pass(100);
    budget.pause(10_000, 'unavailable');
    await pass(30_000);
    expect(out).toHaveLength(100);
    await Promise.all(asked);
    for (const from of out) {
      const inOneSecond = out.filter((at) => at >= from && at < from + 1_000).length;
      expect(inOneSecond).toBeLessThanOrEqual(5 + 10);
    }
  });

  it('tells those who wait that a pause is longer than the time they have', async () => {
    const asked = ask(10, 2_000);
    await pass(10);
    budget.pause(20_000, 'throttled');
    await pass(1_000);
    const turns = await Promise.all(asked);
    expect(turns.filter(({ ok }) => ok)).toHaveLength(5);
    for (const turn of turns.slice(5)) expect(turn).toMatchObject({ ok: false, paused: 'throttled' });
    // Their turns are for others.
    await pass(20_000);
    ask(5);
    await setImmediate();
    expect(out).toHaveLength(10);
  });
});
