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

/** Lets requests of one kind go out no faster than their limit. */
export interface Budget {
  /** Waits for its turn; `ok: false` at once when that would be later than `withinMs`. */
  take(
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly waitMs: number }>;
  /** The service said that it is too much: nobody goes out before that. */
  pause(ms: number): void;
}

export function createBudget(clock: Pick<Clock, 'monotonic' | 'sleep'>, { burst, perSecond }: Limit): Budget {
  let tokens = burst;
  let refilledAt = clock.monotonic();
  let pausedUntil = Number.NEGATIVE_INFINITY;

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - refilledAt) / 1000) * perSecond);
    refilledAt = now;
  }

  return {
    async take(withinMs, signal) {
      refill();
      const turnMs = tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1000;
      const waitMs = Math.ceil(Math.max(turnMs, pausedUntil - clock.monotonic()));
      if (waitMs > withinMs) return { ok: false, waitMs };
      // Taken before the wait: who comes next waits behind.
      tokens -= 1;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      return { ok: true };
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms);
    },
  };
}
