/** Splits events into appends that stay below a number of bytes and of events, in order; an event that alone is larger gets an append of its own. */
export function splitByLimit<T extends { readonly size: number }>(
  events: readonly T[],
  maxBytes: number,
  maxEvents: number,
): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const event of events) {
    if (part.length > 0 && (bytes + event.size > maxBytes || part.length >= maxEvents)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += event.size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
