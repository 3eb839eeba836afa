import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held until it is released or the process is gone. */
export interface FolderLock {
  release(): void;
}

/** Two simulators on one folder would overwrite what the other one acknowledged. */
export class FolderInUse extends Error {
  constructor(folder: string) {
    super(`another simulator uses the folder ${folder}`);
    this.name = 'FolderInUse';
  }
}

/** No hub has a name that begins with a full stop. */
const fileName = '.lock';

/**
 * Takes a folder, made where there is none, for one holder among all processes of this machine and their threads. It is the kernel's lock, through SQLite, so
 * that nobody has to judge whether that of a holder who was killed still counts.
 * @throws FolderInUse when somebody has it; the system's error when the folder cannot be written
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, fileName), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) throw new FolderInUse(folder);
    throw error;
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}
