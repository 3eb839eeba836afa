/** Milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly most: number;
}

/**
 * How long to wait before try `attempt` (1 is the first repetition): doubled each time up to `most`, of which a random half is taken away so that many
 * who lost the same server do not come back at once.
 * @param random between 0 and 1
 */
export function delayBefore(attempt: number, { first, most }: Backoff, random: () => number = Math.random): number {
  const whole = Math.min(most, first * 2 ** Math.min(attempt - 1, 30));
  return whole * (1 - random() / 2);
}
