/** Milliseconds: who last proved it this long ago was not there in between, whatever he says. */
export const absentMs = 150_000;

/** Until when an interval that has no end on record, and was watched when it was last looked at, may be called watched: as the record will say when somebody writes it again. */
export function watchedUntil(
  { from, provedAt = from }: { readonly from: number; readonly provedAt?: number },
  now: number,
): number {
  return now - provedAt > absentMs ? provedAt : now;
}
