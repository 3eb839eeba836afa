import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';

/** Lines that somebody types or pastes at a terminal. They are not shown: they may be secret, and terminals keep what they showed. */
export interface Typed {
  /** The next one; the same promise until it is there. Never, once the terminal is gone. */
  next(): Promise<string>;
  /** Resolves when the terminal is gone, or is closed. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Undefined where stdin is no terminal: it is left alone then. */
export function typedLines(): Typed | undefined {
  if (process.stdin.isTTY !== true) return undefined;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, since one that edits lines by itself cuts them off after some thousand characters.
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const lines: string[] = [];
  let waiting: { readonly line: Promise<string>; readonly give: (line: string) => void } | undefined;
  terminal.on('line', (line) => {
    if (line.trim() === '') return;
    if (waiting === undefined) lines.push(line);
    else waiting.give(line);
    waiting = undefined;
  });
  const ended = once(terminal, 'close').then(() => undefined);
  const close = () => {
    terminal.close();
    process.stdin.destroy();
  };
  terminal.on('SIGINT', () => {
    close();
    process.kill(process.pid, 'SIGINT');
  });
  return {
    next() {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (waiting === undefined) {
        const { promise, resolve } = Promise.withResolvers<string>();
        waiting = { line: promise, give: resolve };
      }
      return waiting.line;
    },
    ended,
    close,
  };
}

/** The first line of stdin that says anything: there it stands in no history of a shell and no list of processes. */
export async function firstLine(): Promise<string> {
  try {
    for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') return line;
    throw new CommandError(exitCodes.usage, 'nothing came on stdin');
  } finally {
    // Whoever writes to it may leave it open.
    process.stdin.destroy();
  }
}
