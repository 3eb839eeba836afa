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
  let refilledAt = clock.monotonic();
  let paused: { readonly until: number; readonly why: Pause } | undefined;

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - refilledAt) / 1000) * perSecond);
    refilledAt = now;
  }

  return {
    async take(withinMs, signal) {
      refill();
      const turnMs = tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1000;
      const pausedMs = paused === undefined ? 0 : paused.until - clock.monotonic();
      const waitMs = Math.ceil(Math.max(turnMs, pausedMs));
      if (waitMs > withinMs) return { ok: false, waitMs, ...(paused && pausedMs > turnMs && { paused: paused.why }) };
      // Taken before the wait: who comes next waits behind.
      tokens -= 1;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      return { ok: true };
    },
    pause(ms, why) {
      const until = clock.monotonic() + ms;
      if (paused === undefined || until > paused.until) paused = { until, why };
    },
  };
}
