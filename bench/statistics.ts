/** What several rounds of one measurement gave. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws RangeError where there is nothing to summarise */
export function spreadOf(values: readonly number[]): Spread {
  return { min: percentileOf(values, 0), median: percentileOf(values, 50), max: percentileOf(values, 100) };
}

/**
 * The value below which so many percent lie, with linear interpolation between neighbours (Hyndman and Fan, "Sample Quantiles in Statistical Packages",
 * definition 7, as spreadsheets and NumPy do).
 * @param percent 0 to 100
 * @throws RangeError where there are no values
 */
export function percentileOf(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Slope of the straight line that fits best (least squares), in units of y per unit of x; 0 where all points have one x.
 * @throws RangeError where there are no points
 */
export function slopeOf(points: readonly Point[]): number {
  if (points.length === 0) throw new RangeError('no points');
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const across = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const along = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return across === 0 ? 0 : along / across;
}
