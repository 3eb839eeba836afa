import type { Room } from '#bench/room.ts';
import { type Spread, spreadOf } from '#bench/statistics.ts';

/** Something that is measured, with what it is held against. */
export interface Figure {
  /** What `npm run bench -- NAME` takes. */
  readonly name: string;
  readonly title: string;
  run(room: Room): Promise<FigureResult>;
}

export interface FigureResult {
  readonly rows: readonly Row[];
  /** What a reader must know to judge the rows. */
  readonly notes: readonly string[];
}

/** One line of a figure's table. A row without a limit is there to explain the others. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly limit?: Limit;
}

/** What the median must not fall below, or rise above. */
export type Limit =
  | { readonly atLeast: number; readonly atMost?: never }
  | { readonly atMost: number; readonly atLeast?: never };

/** @param values one per round */
export function row(what: string, unit: string, values: readonly number[], limit?: Limit): Row {
  return { what, unit, spread: spreadOf(values), ...(limit === undefined ? {} : { limit }) };
}

/** Each round's value divided by the anchor's of the same round. */
export function ratios(values: readonly number[], anchors: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (anchors[round] ?? Number.NaN));
}

/** Undefined for a row without a limit. A value that is no number meets none. */
export function isMet({ limit, spread }: Row): boolean | undefined {
  if (limit === undefined) return undefined;
  return limit.atLeast === undefined ? spread.median <= limit.atMost : spread.median >= limit.atLeast;
}
