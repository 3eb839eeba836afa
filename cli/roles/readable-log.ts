import { printable } from '#cli/output.ts';

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Turns pino's JSON lines into lines that a person reads on a terminal. */
export function readableLines(out: { write(text: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      const { level, time, msg, ...rest } = JSON.parse(line) as { level: number; time: number; msg?: string };
      const clock = new Date(time).toTimeString().slice(0, 8);
      const fields = Object.entries(rest).map(
        ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      out.write(`${clock} ${(levels[level] ?? '').padEnd(5)} ${printable([msg ?? '', ...fields].join(' '))}\n`);
    },
  };
}
