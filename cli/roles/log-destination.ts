import { write, writeSync } from 'node:fs';

/** Characters of lines that wait at most: a reader that stands still must not take all memory. */
const mostWaiting = 4_000_000;
/** Milliseconds after which a pipe that took nothing is tried again. */
const againMs = 50;

/** Where the lines of the log go. Nothing of it throws or blocks: a log that nobody can write must never keep a call from anybody. */
export interface LogDestination {
  write(line: string): void;
  /** At the end of the process: tries once to write what waits. */
  flush(): void;
}

/** What is written at once. */
interface Batch {
  readonly lines: number;
  rest: Buffer;
  /** Whether the system has it in its hands now. */
  writing: boolean;
}

/**
 * Writes to a file descriptor in the background. Lines that the system does not take (a full disk) are dropped and counted, and the next ones are tried; pino's
 * own destination keeps them and, whenever it is flushed, tries for ever.
 * @param onLost is given how many lines were dropped, and the code of the system's error; `EOVERFLOW` where too many waited
 * @param onBack is told when lines go out again after that
 */
export function createLogDestination(
  fd: number,
  onLost: (lines: number, code: string) => void,
  onBack: () => void,
): LogDestination {
  const waiting: string[] = [];
  let characters = 0;
  let current: Batch | undefined;
  let lost = false;
  /** The last byte that went out was within a line. */
  let torn = false;

  const next = (): Batch | undefined => {
    if (waiting.length === 0) return undefined;
    // A new line, so that what is left of a dropped one spoils no other.
    const rest = Buffer.from(`${torn ? '\n' : ''}${waiting.join('')}`);
    const batch = { lines: waiting.length, rest, writing: false };
    waiting.length = 0;
    characters = 0;
    return batch;
  };
  const took = (batch: Batch, bytes: number) => {
    if (bytes > 0) torn = batch.rest[bytes - 1] !== newline;
    batch.rest = batch.rest.subarray(bytes);
  };
  const drop = (lines: number, code = 'unknown') => {
    lost = true;
    onLost(lines, code);
  };
  const ended = () => {
    current = undefined;
    pump();
  };
  const pump = () => {
    current ??= next();
    const batch = current;
    if (batch === undefined) return;
    batch.writing = true;
    write(fd, batch.rest, (error, bytes) => {
      batch.writing = false;
      if (error !== null && mayPass(error)) {
        setTimeout(() => current === batch && pump(), againMs).unref();
      } else if (error !== null) {
        drop(batch.lines, error.code);
        ended();
      } else {
        took(batch, bytes);
        if (batch.rest.length > 0) return pump();
        const back = lost;
        lost = false;
        ended();
        if (back) onBack();
      }
    });
  };
  return {
    write(line) {
      if (characters + line.length > mostWaiting) return drop(1, 'EOVERFLOW');
      waiting.push(line);
      characters += line.length;
      if (current === undefined) pump();
    },
    flush() {
      const left = current?.writing === true ? [next()] : [current, next()];
      for (const batch of left) {
        if (batch === undefined) continue;
        try {
          while (batch.rest.length > 0) took(batch, writeSync(fd, batch.rest));
        } catch (error) {
          drop(batch.lines, (error as NodeJS.ErrnoException).code);
        }
      }
    },
  };
}

/** A pipe that nobody reads right now. */
const mayPass = ({ code }: NodeJS.ErrnoException) => code === 'EAGAIN' || code === 'EBUSY';
const newline = 0x0a;
