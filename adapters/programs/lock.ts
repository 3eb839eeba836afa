import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held until it is released or the process is gone. */
export interface FileLock {
  release(): void;
}

/**
 * One holder at a time among all processes of this machine, threads and callers of one process included. It is the kernel's lock, taken through SQLite, so
 * that nobody has to judge whether a dead holder's file is stale. Undefined when somebody else holds it.
 * @throws when the folder of `file` cannot be made or written
 */
export function tryLock(file: string): FileLock | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
    throw error;
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}
