/** Counts sign-ins that are tried, for each address and for all together. */
export interface Attempts {
  /** False when it is one too many; the seconds to wait. */
  allow(address: string): { readonly ok: true } | { readonly ok: false; readonly retrySeconds: number };
}

const windowMs = 60_000;
/** Addresses that are told apart; beyond them the oldest is forgotten, and the limit for all still holds. */
const mostAddresses = 10_000;
/** So many times the limit of one address are allowed to all of them. */
const allTimes = 20;

/** Fixed windows of a minute. */
export function createAttempts(perMinute: number, now: () => number): Attempts {
  const counts = new Map<string, number>();
  let began = now();
  let all = 0;
  return {
    allow(address) {
      if (now() - began >= windowMs || now() < began) {
        counts.clear();
        all = 0;
        began = now();
      }
      const count = (counts.get(address) ?? 0) + 1;
      counts.delete(address);
      counts.set(address, count);
      const [oldest] = counts.keys();
      if (counts.size > mostAddresses && oldest !== undefined) counts.delete(oldest);
      // What one address is refused is not counted for all: it would keep everybody else out.
      if (count <= perMinute) all += 1;
      if (count <= perMinute && all <= perMinute * allTimes) return { ok: true };
      return { ok: false, retrySeconds: Math.max(1, Math.ceil((began + windowMs - now()) / 1000)) };
    },
  };
}
