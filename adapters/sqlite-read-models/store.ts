import { groupChanges } from '#adapters/sqlite-read-models/change-groups.ts';
import type { Connection } from '#adapters/sqlite-read-models/connection.ts';
import type { ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

/** What becomes of the file, which the connection knows nothing of. */
export interface Keeping {
  complete(): Promise<void>;
  /** Called when nothing holds the file any more. */
  closed(): Promise<void>;
  discarded(): Promise<void>;
  /** The file is not what was written: whoever opens it next is to make it again. */
  damaged(): void;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, in the words of SQLite: from another thread comes nothing else. */
const damage = /database disk image is malformed|file is not a database/;

export function createStore(schema: ReadModelSchema, connection: Connection, keeping: Keeping): ReadModelStore {
  let { position, mark } = connection.at;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= connection.close();
    return closing;
  };
  let damaged: Error | undefined;
  const noticing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof Error && damage.test(error.message)) {
        damaged = error;
        keeping.damaged();
      }
      throw error;
    }
  };
  return {
    position: () => position,
    mark: () => mark,
    async commit(changes, next, nextMark) {
      // Where a question met the damage: whoever follows the log finds out here, and opens the file anew.
      if (damaged !== undefined) throw damaged;
      await noticing(connection.commit(groupChanges(schema, changes), { position: next, mark: nextMark }));
      position = next;
      mark = nextMark ?? mark;
    },
    read: (questions) => noticing(connection.read(questions)),
    settle: () => connection.settle(),
    async digest() {
      const { position, result } = await noticing(connection.digest());
      const noticed = noticing(result);
      noticed.catch(() => undefined);
      return { position, result: noticed };
    },
    complete: () => keeping.complete(),
    async close() {
      await close();
      await keeping.closed();
    },
    async discard() {
      await close();
      await keeping.discarded();
    },
  };
}
