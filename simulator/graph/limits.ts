/** Requests of one application in a window of time. */
interface Window {
  readonly times: number[];
}

/** Documented limits per application and tenant ("Microsoft Graph service-specific throttling limits"). */
const limits = {
  'subscription-writes': { requests: 500, windowMs: 20_000 },
  'subscription-lists': { requests: 25, windowMs: 20_000 },
  'teams-reads': { requests: 30, windowMs: 1_000 },
  others: { requests: 2_000, windowMs: 1_000 },
} as const;

export type LimitName = keyof typeof limits;

export interface Limits {
  /** Counts a request; undefined: within the limit, else after how many milliseconds to come again. */
  take(limit: LimitName, appId: string, now: number): number | undefined;
}

export function createLimits(): Limits {
  const windows = new Map<string, Window>();
  return {
    take(limit, appId, now) {
      const { requests, windowMs } = limits[limit];
      const key = `${limit}/${appId}`;
      const window = windows.get(key) ?? { times: [] };
      windows.set(key, window);
      while (window.times.length > 0 && (window.times[0] ?? 0) <= now - windowMs) window.times.shift();
      const oldest = window.times[0];
      if (oldest !== undefined && window.times.length >= requests) return oldest + windowMs - now;
      window.times.push(now);
      return undefined;
    },
  };
}

/** Which limit a request counts against. */
export function limitOf(method: string, segments: readonly string[]): LimitName {
  if (segments[0] === 'subscriptions') {
    if (method !== 'GET') return 'subscription-writes';
    return segments.length === 1 ? 'subscription-lists' : 'others';
  }
  return segments.includes('chats') ? 'teams-reads' : 'others';
}
