import { type Stats, statSync } from 'node:fs';

/**
 * Makes sure before each use that the file which was opened is still the one that stands there. SQLite goes on writing into a file that was
 * deleted or replaced, and what it acknowledges is lost.
 * @throws when it is gone or another one
 */
export function createFileGuard(file: string): () => void {
  const same = (a: Stats, b: Stats | undefined): boolean => a.ino === b?.ino && a.dev === b.dev;
  const opened = statSync(file);
  return () => {
    if (!same(opened, statSync(file, { throwIfNoEntry: false })))
      throw new Error(`the file of the event log was taken away: ${file}`);
  };
}
