/** The millisecond of a second at which timers of workflows fire in a simulated year. */
export const timersAt = 900;
/** A step of a workflow that began so long before is over by then; so late a timer may be that falls due. */
const [beforeMs, afterMs] = [250, 60];

/**
 * Milliseconds until whoever wakes a workflow may do so. The server that skips time (1.38.0) does not survive that a timer fires while the workflow decides to cancel it:
 * it refuses that decision for ever. The real one knows the case.
 */
export function untilNoTimerFires(now: number): number {
  const of = now % 1_000;
  return of > timersAt - beforeMs && of <= timersAt + afterMs ? timersAt + afterMs - of + 1 : 0;
}
