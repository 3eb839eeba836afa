/**
 * Remembers the revisions of the ids written last, for appends without an explicit revision. Begins with the first of those: whoever never
 * makes one pays nothing.
 */
export interface RecentIds {
  find(streamId: number, id: string): number | undefined;
  /** Belongs to the request that is being carried out. */
  add(streamId: number, id: string, revision: number): void;
  /** The request was carried out: other requests of the same transaction see its ids. */
  keep(): void;
  /** The request was undone. */
  drop(): void;
  /** The transaction is committed. */
  confirm(): void;
  /** The transaction was rolled back. */
  forget(): void;
}

/** Two generations instead of one queue: the younger becomes the older when it is full, so no entry is ever removed by itself. */
export function createRecentIds(generation = 100_000): RecentIds {
  let asked = false;
  let request: (readonly [string, number])[] = [];
  let transaction = new Map<string, number>();
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  return {
    find(streamId, id) {
      asked = true;
      const key = `${streamId} ${id}`;
      return transaction.get(key) ?? young.get(key) ?? old.get(key);
    },
    add(streamId, id, revision) {
      if (asked) request.push([`${streamId} ${id}`, revision]);
    },
    keep() {
      for (const [key, revision] of request) transaction.set(key, revision);
      request = [];
    },
    drop() {
      request = [];
    },
    confirm() {
      for (const [key, revision] of transaction) young.set(key, revision);
      transaction = new Map();
      if (young.size < generation) return;
      old = young;
      young = new Map();
    },
    forget() {
      request = [];
      transaction = new Map();
    },
  };
}
