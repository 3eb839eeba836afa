import type { Clock } from '#ports/clock.ts';

/** The outcome, or `late` when it did not come within `ms`. The work itself is not stopped. */
export async function withDeadline<Outcome>(
  clock: Clock,
  ms: number,
  work: Promise<Outcome>,
): Promise<Outcome | 'late'> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).then((): 'late' => 'late');
  try {
    return await Promise.race([work, timer]);
  } finally {
    done.abort();
  }
}
