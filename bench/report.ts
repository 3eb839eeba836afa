import { type FigureResult, isMet, type Limit, type Row } from '#bench/figure.ts';

/** A number with three digits that count, and thousands told apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function limitText(limit: Limit): string {
  return limit.atLeast === undefined ? `at most ${shown(limit.atMost)}` : `at least ${shown(limit.atLeast)}`;
}

function verdict(row: Row): string {
  const met = isMet(row);
  if (met === undefined || row.limit === undefined) return '';
  return `${limitText(row.limit)}: ${met ? 'met' : 'MISSED'}`;
}

/** The figure as a table for a terminal, of plain text. */
export function tableOf(title: string, { rows, notes }: FigureResult): string {
  const cells = rows.map((row) => [
    row.what,
    shown(row.spread.min),
    shown(row.spread.median),
    shown(row.spread.max),
    row.unit,
    verdict(row),
  ]);
  const all = [['', 'min', 'median', 'max', '', ''], ...cells];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const lines = all.map((line) =>
    line
      .map((cell, column) =>
        column >= 1 && column <= 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  - ${note}`), ''].join('\n');
}
