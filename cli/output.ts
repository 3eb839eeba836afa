import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Writes data to stdout and messages to stderr; no colour where nobody looks at it (NO_COLOR, pipes). */
export interface Output {
  /** A line of data. */
  data(line: string): void;
  /** One JSON document, or one line of NDJSON. */
  json(value: unknown): void;
  /** A message for people. */
  say(line: string): void;
  /** Replaces the last progress line on a terminal; silent elsewhere. */
  progress(line: string | undefined): void;
  paint(style: Style, text: string): string;
}

export function createOutput(): Output {
  const colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
  const terminal = process.stderr.isTTY === true;
  let showing = false;
  const clear = () => {
    if (showing) process.stderr.write('\r\u001b[2K');
    showing = false;
  };
  return {
    data(line) {
      clear();
      process.stdout.write(`${line}\n`);
    },
    json(value) {
      clear();
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    say(line) {
      clear();
      process.stderr.write(`${line}\n`);
    },
    progress(line) {
      clear();
      if (!terminal || line === undefined) return;
      process.stderr.write(line.slice(0, (process.stderr.columns ?? 80) - 1));
      showing = true;
    },
    paint: (style, text) => (colour ? styleText(style, text) : text),
  };
}

/** What came from outside must not steer a terminal: control characters, line separators (Unicode Cc, Zl, Zp) and bidirectional overrides become visible. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As {@link printable}, for what has line breaks of its own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Rows under headings, columns padded to the widest. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => cells(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cells(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Columns that a text takes on a terminal: two for each wide character (Unicode Standard Annex 11), none for a combining one. */
function cells(text: string): number {
  const wide =
    text.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303f\uff01-\uff60]/gu)?.length ?? 0;
  return [...text].length + wide - (text.match(/\p{Mn}/gu)?.length ?? 0);
}
