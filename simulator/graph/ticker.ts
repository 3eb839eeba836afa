import type { Clock } from '#ports/clock.ts';
import type { Deliveries } from '#simulator/graph/deliveries.ts';
import type { Lifecycle } from '#simulator/graph/lifecycle.ts';

/** Does what is due as the clock goes. */
export interface Ticker {
  start(): void;
  /** Does what is due now; one at a time. */
  tick(): Promise<void>;
  nextDue(): number | undefined;
  /** Looks again when something is due. */
  wake(): void;
  /** Settles once nothing runs any more. */
  stop(): Promise<void>;
}

/** Longest sleep: a wall clock may be set. */
const lookMs = 60_000;
/** Shortest sleep: whatever goes wrong, it does not spin. */
const restMs = 50;

export function createTicker(deps: {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly deliveries: Deliveries;
  readonly log: (message: string) => void;
  readonly closing: AbortSignal;
}): Ticker {
  const { clock, lifecycle, deliveries, closing } = deps;
  let running: Promise<void> = Promise.resolve();
  let loop: Promise<void> | undefined;
  let sleeping = new AbortController();
  const wake = () => sleeping.abort();
  const nextDue = () => {
    const times = [lifecycle.nextDue(), deliveries.nextDue()].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  const once = async () => {
    if (closing.aborted) return;
    await lifecycle.tick(clock.now());
    await deliveries.flush(clock.now());
  };
  const tick = () => {
    const next = running.then(once);
    running = next.catch(() => undefined);
    return next;
  };
  return {
    tick,
    nextDue,
    wake,
    start() {
      closing.addEventListener('abort', wake, { once: true });
      loop = (async () => {
        while (!closing.aborted) {
          sleeping = new AbortController();
          await tick().catch((error: unknown) => deps.log(`a tick of the simulated Graph failed: ${String(error)}`));
          const due = nextDue() ?? Number.POSITIVE_INFINITY;
          const wait = Math.max(restMs, Math.min(lookMs, due - clock.now()));
          if (!closing.aborted) await clock.sleep(wait, sleeping.signal);
        }
      })();
    },
    async stop() {
      wake();
      await loop;
      await running;
    },
  };
}
