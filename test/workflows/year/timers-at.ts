/** The millisecond of a second at which timers of workflows fire in a simulated year. */
export const timersAt = 900;

/**
 * Milliseconds until whoever wakes a workflow may do so. The server that skips time (1.38.0) does not survive that a timer fires while the workflow decides to cancel it:
 * it refuses that decision for ever. The real one knows the case.
 */
export function untilNoTimerFires(now: number): number {
  const of = now % 1_000;
  return of > timersAt - 250 && of <= timersAt + 10 ? timersAt + 10 - of + 1 : 0;
}
