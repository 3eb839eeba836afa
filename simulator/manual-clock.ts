import type { Clock } from '#ports/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time forward and wakes those whose sleep has ended, in order. */
  advance(ms: number): void;
  /** How many are asleep. */
  sleepers(): number;
}

/** @param start milliseconds since 1970 UTC */
export function createManualClock(start: number): ManualClock {
  let elapsed = 0;
  let waiting: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true || ms <= 0) return resolve();
        const entry = {
          until: elapsed + ms,
          wake: () => {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        const leave = () => {
          waiting = waiting.filter((other) => other !== entry);
          entry.wake();
        };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
      }),
    advance(ms) {
      elapsed += ms;
      const due = waiting.filter((entry) => entry.until <= elapsed).sort((a, b) => a.until - b.until);
      waiting = waiting.filter((entry) => entry.until > elapsed);
      for (const entry of due) entry.wake();
    },
    sleepers: () => waiting.length,
  };
}
