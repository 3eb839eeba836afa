import { closeSync, openSync, type Stats, statSync } from 'node:fs';

/**
 * What became of the files of an open database: `gone` where the database itself was taken away or replaced, `torn` where that is in its place and what
 * belongs to it is not.
 */
export type Standing = 'in-place' | 'gone' | 'torn';

/**
 * Its write-ahead log and the index of that stay the same files for as long as anybody has the database open.
 * @param file of a database that is open, and was written to or read
 * @throws when one of them is not there
 */
export function watchFiles(file: string): () => Standing {
  const isFile = isStill(file);
  const besides = ['-wal', '-shm'].map((end) => isStill(file + end));
  return () => {
    if (!isFile()) return 'gone';
    return besides.every((isBeside) => isBeside()) ? 'in-place' : 'torn';
  };
}

function isStill(path: string): () => boolean {
  const opened = statSync(path);
  return () => isSame(opened, statSync(path, { throwIfNoEntry: false }));
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return a.ino === b?.ino && a.dev === b.dev;
}

/** @throws where it is not: SQLite would make it */
export function assertIsThere(file: string): void {
  statSync(file);
}

/**
 * SQLite would make it readable for all; its `-wal` and `-shm` take the mode from it. A file that is there is not opened: closing it again gives up the
 * locks that others in this process hold on it (https://www.sqlite.org/howtocorrupt.html, 2.2), and whoever uses the file next takes their write-ahead
 * log away.
 */
export function makeWhereThereIsNone(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
