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
  let position = connection.position;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= connection.close();
    return closing;
  };
  return {
    position: () => position,
    async commit(changes, next) {
      await connection.commit(groupChanges(schema, changes), next);
      position = next;
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
