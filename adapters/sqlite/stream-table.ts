import type { DatabaseSync } from 'node:sqlite';
import { type Retention, truncatedForEver } from '#adapters/sqlite/retention.ts';

/** A row of the table of streams. */
export interface StreamRow extends Retention {
  readonly id: number;
  readonly name: string;
  /** Of the last event, -1 when there is none. */
  readonly revision: number;
  readonly tombstoned: boolean;
}

/** Looks a stream up by name. */
export function createStreamLookup(db: DatabaseSync): (name: string) => StreamRow | undefined {
  const select = db.prepare('SELECT id, rev, tombstoned, tb, max_count, max_age FROM streams WHERE name = ?');
  select.setReturnArrays(true);
  return (name) => {
    const row = select.get(name) as unknown as (number | null)[] | undefined;
    if (row === undefined) return undefined;
    const [id, revision, tombstoned, truncateBefore, maxCount, maxAge] = row;
    return {
      id: id ?? 0,
      name,
      revision: revision ?? -1,
      tombstoned: tombstoned === 1,
      truncateBefore: truncateBefore ?? undefined,
      maxCount: maxCount ?? undefined,
      maxAge: maxAge ?? undefined,
    };
  };
}

export function isSoftDeleted(stream: Retention | undefined): boolean {
  return stream?.truncateBefore === truncatedForEver;
}
