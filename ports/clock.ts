/** Time, handed in so that tests can stop it. */
export interface Clock {
  /** Wall-clock milliseconds since 1970 UTC: for records, never for durations. */
  now(): number;
  /** Milliseconds on a scale that never jumps: for durations. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
