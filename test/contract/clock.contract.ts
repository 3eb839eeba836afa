import { describe, expect, it } from 'vitest';
import type { Clock } from '#ports/clock.ts';

/** What every clock must do. `pass` lets time go by: by waiting, or by moving the clock. */
export function describeClock(
  name: string,
  factory: () => { readonly clock: Clock; readonly pass: (ms: number) => Promise<void> },
): void {
  describe(`clock: ${name}`, () => {
    it('never goes backwards on its monotonic scale', async () => {
      const { clock, pass } = factory();
      const before = clock.monotonic();
      await pass(5);
      expect(clock.monotonic()).toBeGreaterThan(before);
    });

    it('tells the time since 1970 in milliseconds', () => {
      const { clock } = factory();
      expect(clock.now()).toBeGreaterThan(Date.UTC(2020, 0));
      expect(clock.now()).toBeLessThan(Date.UTC(2200, 0));
    });

    it('wakes who slept, and not before the time', async () => {
      const { clock, pass } = factory();
      const started = clock.monotonic();
      const sleeping = clock.sleep(10).then(() => clock.monotonic() - started);
      await pass(25);
      expect(await sleeping).toBeGreaterThanOrEqual(9);
    });

    it('wakes at once who is called off, before or while asleep', async () => {
      const { clock } = factory();
      await clock.sleep(1_000_000, AbortSignal.abort());
      const caller = new AbortController();
      const sleeping = clock.sleep(1_000_000, caller.signal);
      caller.abort();
      await sleeping;
    });
  });
}
