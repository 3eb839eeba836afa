/** How far a time is from now, in words for people; empty where there is none. */
export function untilWords(instant: string | undefined, now: number = Date.now()): string {
  if (instant === undefined) return '';
  const ms = Date.parse(instant) - now;
  return ms >= 0 ? `in ${spanWords(ms)}` : `${spanWords(-ms)} ago`;
}

/** A duration, rounded to its largest sensible unit. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
