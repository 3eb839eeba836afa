import { type Stats, statSync } from 'node:fs';

/**
 * Makes sure before each use that the files which were opened are still the ones that stand there: SQLite goes on writing into a file that was deleted or
 * replaced, and what it acknowledges is lost. The write-ahead log and its index stay the same files for as long as anybody has the database open.
 * @param file of a database that is open, and was read
 * @throws when one of them is gone or another one
 */
export function createFileGuard(file: string): () => void {
  const guards = [
    guardOne(file, `the file of the event log was taken away: ${file}`),
    ...['-wal', '-shm'].map((end) => guardOne(file + end, besideTaken(file + end))),
  ];
  return () => {
    for (const guard of guards) guard();
  };
}

function guardOne(path: string, complaint: string): () => void {
  const opened = statSync(path);
  return () => {
    if (!isSame(opened, statSync(path, { throwIfNoEntry: false }))) throw new Error(complaint);
  };
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return a.ino === b?.ino && a.dev === b.dev;
}

/** What only the open file still holds gets to its place when the last one who has it open stops in an orderly way. */
function besideTaken(path: string): string {
  return `a part of the event log was taken away: ${path}. Stop every process of Tocsin that uses it, in the ordinary way and not with kill -9, then start them again`;
}
