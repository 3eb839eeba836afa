import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '#ports/clock.ts';

/** The time of everything that does not live on the server that skips it: stands still until it is told how far the server went. */
export interface Timeline {
  now(): number;
  /** For those that act. Who sleeps is woken at the first tick at or after the end of the sleep. */
  readonly clock: Clock;
  /** For those that look what came of it: woken behind the others. */
  readonly late: Clock;
  /** What happens at a moment, milliseconds since 1970 UTC; at once where that is past. */
  at(time: number, what: () => void | Promise<void>): void;
  /** When the next such thing is. */
  nextAt(): number | undefined;
  /** Lets time pass, tick by tick, and all that falls into it happen in its order. */
  pass(to: number): Promise<void>;
}

export interface TimelineOptions {
  readonly start: number;
  /** Milliseconds from tick to tick. */
  readonly tickMs: number;
  /** At every tick and whenever something happened, before anybody is woken. */
  readonly onTick: (now: number) => void;
  /** True while those that act have something to do that takes no time. */
  readonly isBusy: () => boolean;
  /** How many look on. */
  readonly lookers: () => number;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Milliseconds from what happens to what is seen of it. */
const breathMs = 2;
/** Real milliseconds that whoever is busy is waited for: a busy machine must not make calls late. */
const patienceMs = 10_000;

export function createTimeline({ start, tickMs, onTick, isBusy, lookers }: TimelineOptions): Timeline {
  let now = Math.ceil(start);
  const agenda: { readonly at: number; readonly what: () => void | Promise<void> }[] = [];
  const acting = createSleepers(() => now);
  const looking = createSleepers(() => now);
  let passing: Promise<void> = Promise.resolve();

  const lateDone = () => looking.count() >= lookers();
  async function until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + patienceMs;
    do await turn();
    while (!condition() && performance.now() < deadline);
  }

  async function passTo(to: number): Promise<void> {
    while (now < to) {
      const tick = start + (Math.floor((now - start) / tickMs) + 1) * tickMs;
      const next = agenda[0]?.at ?? Number.POSITIVE_INFINITY;
      now = Math.max(now, Math.min(to, tick, next));
      if (now < Math.min(tick, next)) return;
      while (agenda[0] !== undefined && agenda[0].at <= now) await agenda.shift()?.what();
      onTick(now);
      acting.wake();
      await until(() => !isBusy());
      // Who was woken by what happened, and sleeps anew, is as much there as the others.
      now += breathMs;
      acting.wake();
      await until(() => !isBusy());
      looking.wake();
      await until(lateDone);
    }
  }

  return {
    now: () => now,
    clock: { now: () => now, monotonic: () => now - start, sleep: acting.sleep },
    late: { now: () => now, monotonic: () => now - start, sleep: looking.sleep },
    at(moment, what) {
      const time = Math.ceil(moment);
      const behind = agenda.findIndex(({ at }) => at > time);
      agenda.splice(behind < 0 ? agenda.length : behind, 0, { at: time, what });
    },
    nextAt: () => agenda[0]?.at,
    pass(to) {
      passing = passing.then(() => passTo(to));
      return passing;
    },
  };
}

function createSleepers(now: () => number) {
  let sleepers: Sleeper[] = [];
  return {
    count: () => sleepers.length,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted === true || ms <= 0) return resolve();
        const sleeper = {
          until: now() + ms,
          wake: () => {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        const leave = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          resolve();
        };
        signal?.addEventListener('abort', leave, { once: true });
        sleepers.push(sleeper);
      }),
    wake() {
      const due = sleepers.filter(({ until }) => until <= now());
      if (due.length === 0) return;
      sleepers = sleepers.filter(({ until }) => until > now());
      for (const sleeper of due.sort((a, b) => a.until - b.until)) sleeper.wake();
    },
  };
}
