import { groupChanges } from '#adapters/sqlite-read-models/change-groups.ts';
import type { Connection } from '#adapters/sqlite-read-models/connection.ts';
import type { ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

/** What becomes of the file, which the connection knows nothing of. */
export interface Keeping {
  complete(): Promise<void>;
  /** Called when nothing holds the file any more. */
  closed(): Promise<void>;
  discarded(): Promise<void>;
}

export function createStore(schema: ReadModelSchema, connection: Connection, keeping: Keeping): ReadModelStore {
  let { position, mark } = connection.at;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= connection.close();
    return closing;
  };
  return {
    position: () => position,
    mark: () => mark,
    async commit(changes, next, nextMark) {
      await connection.commit(groupChanges(schema, changes), { position: next, mark: nextMark });
      position = next;
      mark = nextMark ?? mark;
    },
    read: (questions) => connection.read(questions),
    settle: () => connection.settle(),
    digest: () => connection.digest(),
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
