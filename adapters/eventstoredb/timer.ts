import type { Clock } from '#ports/clock.ts';

/** What limits a call: its time, and the end of the log that makes it. */
export interface Limits {
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

/**
 * The result of the work, or `late` where it did not come within `ms` or before the log was closed. What the work does afterwards is
 * nobody's concern.
 */
export async function within<Result>(
  { clock, closing }: Limits,
  ms: number,
  work: Promise<Result>,
): Promise<Result | 'late'> {
  const done = new AbortController();
  // With a reason of its own, for making the default one (an exception with a stack) costs more than all the rest.
  const stop = () => done.abort('done');
  closing.addEventListener('abort', stop);
  try {
    return await Promise.race([work, clock.sleep(ms, done.signal).then((): 'late' => 'late')]);
  } finally {
    stop();
    closing.removeEventListener('abort', stop);
    work.catch(() => undefined);
  }
}

/** Why a call is `late`. */
export function lateDetail({ closing }: Limits, ms: number): string {
  return closing.aborted ? 'the event log was closed' : `no answer within ${ms} ms`;
}
