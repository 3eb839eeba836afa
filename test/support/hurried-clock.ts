import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#ports/clock.ts';

/** A clock on which waiting takes no time: whoever sleeps lets the others have a turn, and then it is as late as was asked for. */
export function createHurriedClock(start = Date.parse('2026-11-21T14:05:00.000Z')): Clock {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    async sleep(ms, signal) {
      const isEnded = () => signal?.aborted === true;
      if (isEnded()) return;
      const until = passed + ms;
      await setImmediate();
      if (!isEnded()) passed = Math.max(passed, until);
    },
  };
}
