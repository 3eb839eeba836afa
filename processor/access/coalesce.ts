import { coalesceMs, type Look, lookKey } from '#domain/access/events.ts';

/** Lets one look of many through: of the same person at the same thing once in ten minutes. */
export interface Coalesce {
  /** True for a look that is to be recorded. */
  isNew(look: Look): boolean;
}

/** Keys that are remembered; beyond them the oldest is forgotten, and recorded once more than needed. */
const most = 20_000;

/** @param now milliseconds on a scale that never jumps */
export function createCoalesce(now: () => number): Coalesce {
  const seen = new Map<string, number>();
  return {
    isNew(look) {
      const key = lookKey(look);
      if (key === undefined) return true;
      const before = seen.get(key);
      if (before !== undefined && now() - before < coalesceMs) return false;
      seen.delete(key);
      seen.set(key, now());
      const [oldest] = seen.keys();
      if (seen.size > most && oldest !== undefined) seen.delete(oldest);
      return true;
    },
  };
}
