import type { Clock } from '#ports/clock.ts';

/** A limit that the service documents, and what we keep of it. */
export interface Limit {
  /** How many may go out at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * What one client lets go out, per application and tenant. In any window a token bucket passes `burst + perSecond × window`, which stays below the documented
 * limit ("Microsoft Graph service-specific throttling limits"): subscriptions POST/PATCH/DELETE 500 in 20 s, GET 25 in 20 s, other Teams GETs 30 in 1 s. Of the
 * first two a second process has room beside; chats are read by one process at a time.
 */
export const limits = {
  'subscription-writes': { burst: 50, perSecond: 10 },
  'subscription-reads': { burst: 5, perSecond: 0.35 },
  teams: { burst: 6, perSecond: 18 },
} as const satisfies Readonly<Record<string, Limit>>;

export type BudgetName = keyof typeof limits;

/** Why nobody may go out: it is too much, or the service is away. */
export type Pause = 'throttled' | 'unavailable';

/** Lets requests of one kind go out no faster than their limit. */
export interface Budget {
  /** Waits for its turn; `ok: false` at once when that would be later than `withinMs`. */
  take(
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly waitMs: number; readonly paused?: Pause }>;
  /** The service asked for it: nobody goes out before that. */
  pause(ms: number, why: Pause): void;
}

export function createBudget(clock: Pick<Clock, 'monotonic' | 'sleep'>, { burst, perSecond }: Limit): Budget {
  let tokens = burst;
  let paused: { readonly until: number; readonly why: Pause } | undefined;
  let allPausesMs = 0;

  /** Time without the pauses, the present one to its end included: whoever waits keeps his place, and nothing comes in meanwhile. */
  const running = (): number => Math.max(clock.monotonic(), paused?.until ?? 0) - allPausesMs;
  let refilledAt = running();

  function refill(): void {
    const now = running();
    tokens = Math.min(burst, tokens + ((now - refilledAt) / 1000) * perSecond);
    refilledAt = now;
  }

  return {
    async take(withinMs, signal) {
      const latest = clock.monotonic() + withinMs;
      refill();
      const turnMs = tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1000;
      const turn = running() + turnMs;
      // Taken before the wait: who comes next waits behind.
      tokens -= 1;
      for (;;) {
        const now = clock.monotonic();
        const waitMs = Math.max(0, Math.ceil(turn + allPausesMs - now));
        if (now + waitMs > latest) {
          tokens += 1;
          return { ok: false, waitMs, ...(paused && paused.until - now > turnMs && { paused: paused.why }) };
        }
        if (waitMs === 0 || signal?.aborted === true) return { ok: true };
        // The service may ask for a pause meanwhile: then it is not over yet.
        await clock.sleep(waitMs, signal);
      }
    },
    pause(ms, why) {
      const now = clock.monotonic();
      const from = Math.max(now, paused?.until ?? 0);
      if (now + ms <= from) return;
      allPausesMs += now + ms - from;
      paused = { until: now + ms, why };
    },
  };
}
