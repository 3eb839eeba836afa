import type { KeyStoreFailure } from '#ports/key-store.ts';
import { type DatabaseOptions, type KeyDatabase, openDatabase, reasonOf } from './database.ts';

/** Keeps a key store's file open, notices when it is taken away, and opens it again once it is back. */
export interface Connection {
  readonly id: string;
  readonly derived: KeyDatabase['derived'];
  /** Runs work on the open file. What the file cannot do now is an answer, never thrown. */
  run<T>(work: (database: KeyDatabase) => T): T | KeyStoreFailure;
  close(): void;
}

/**
 * @param onReopened told before anything else is done with a file that was opened again
 * @throws {KeyStoreSetupError} when the file cannot be opened the first time
 */
export function connect(options: DatabaseOptions, onReopened: () => void): Connection {
  let database: KeyDatabase | undefined = openDatabase(options);
  const { id, derived } = database;
  let closed = false;

  const close = () => {
    const open = database;
    database = undefined;
    open?.db.close();
  };

  const current = (): KeyDatabase | string => {
    if (closed) return 'the key store is closed';
    const standing = database?.standing();
    if (database !== undefined && standing === 'in-place') return database;
    // Not opened again: what only the files that are open still hold gets to its place when the last one who has them open stops.
    if (standing === 'torn')
      return `${options.file}-wal or -shm was taken away. Stop every process of Tocsin that uses the key store, in the ordinary way and not with kill -9, then start them again`;
    close();
    // Opening would make a new, empty store where the old one was taken away.
    const again = openDatabase({ ...options, mustExist: true });
    if (again.id !== id) {
      again.db.close();
      return `another key store stands at ${options.file}`;
    }
    database = again;
    onReopened();
    return again;
  };

  return {
    id,
    derived,
    run(work) {
      try {
        const database = current();
        return typeof database === 'string' ? unavailable(database) : work(database);
      } catch (error) {
        return unavailable(reasonOf(error));
      }
    },
    close() {
      closed = true;
      close();
    },
  };
}

export function unavailable(detail: string): KeyStoreFailure {
  return { ok: false, reason: 'unavailable', detail };
}
