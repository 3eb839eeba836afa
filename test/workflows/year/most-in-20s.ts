/** Most calls within 20 seconds. @param times milliseconds since 1970 UTC */
export function mostIn20s(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  let largest = 0;
  for (const [index, at] of sorted.entries()) {
    while ((sorted[first] ?? at) < at - 20_000) first++;
    largest = Math.max(largest, index - first + 1);
  }
  return largest;
}
