/** How an attempt to page ended. `cancelled`: somebody acknowledged or resolved while it was under way. */
export const pageOutcomes = ['accepted', 'refused', 'failed', 'cancelled'] as const;
export type PageOutcome = (typeof pageOutcomes)[number];

/** Milliseconds. Tests shorten them, nothing else does. */
export interface PagingRules {
  /** From one attempt to the next; the last one repeats. */
  readonly intervalsMs: readonly number[];
  /** The same after an attempt that nobody got: a page that failed must not cost minutes. */
  readonly failedMs: number;
}

export const pagingRules: PagingRules = {
  intervalsMs: [30_000, 60_000, 120_000, 300_000],
  failedMs: 10_000,
};

const highestPageUrgency = 5;

/** How loud an attempt is: 1 for the first, then one more each time. @param attempt 1 for the first */
export function pageUrgency(attempt: number): number {
  return Math.min(highestPageUrgency, Math.max(1, attempt));
}

/** Milliseconds until the attempt after this one. @param attempt the one that ended, 1 for the first */
export function nextPageInMs(attempt: number, outcome: PageOutcome, rules: PagingRules): number {
  const regular = rules.intervalsMs[Math.min(Math.max(1, attempt), rules.intervalsMs.length) - 1] ?? 0;
  return outcome === 'accepted' ? regular : Math.min(regular, rules.failedMs);
}
