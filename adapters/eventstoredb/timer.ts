import type { Clock } from '#ports/clock.ts';

/** The result of the work, or `late` where it did not come within `ms`. What the work does afterwards is nobody's concern. */
export async function within<Result>(clock: Clock, ms: number, work: Promise<Result>): Promise<Result | 'late'> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).then((): 'late' => 'late');
  try {
    return await Promise.race([work, timer]);
  } finally {
    // With a reason of its own, for making the default one (an exception with a stack) costs more than all the rest.
    done.abort('done');
    work.catch(() => undefined);
  }
}
