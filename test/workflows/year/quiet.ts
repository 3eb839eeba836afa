import type { Fault, FaultKind } from '#test/workflows/year/weather.ts';

const minute = 60_000;
/** Whoever tries again does so within this time: milliseconds. */
export const againMs = 6_000;

/** When things are, or soon will be, as they are without a fault. */
export interface Quiet {
  /** Those that read the hub can do what they have to do. */
  canWrite(): boolean;
  /** No activity waits for its next attempt. */
  isCalm(): boolean;
}

const stopsWriting: readonly FaultKind[] = ['log-away', 'key-store-away'];
const makesWait: readonly FaultKind[] = [
  'graph-away',
  'graph-throttled',
  'graph-is-slow',
  'entra-away',
  'key-store-away',
  'worker-killed',
];

export function createQuiet(faults: readonly Fault[], now: () => number): Quiet {
  const none = (kinds: readonly FaultKind[], afterMs: number) =>
    !faults.some(({ kind, from, until }) => kinds.includes(kind) && from <= now() && now() < until + afterMs);
  return { canWrite: () => none(stopsWriting, againMs), isCalm: () => none(makesWait, 2 * minute) };
}
