import type { DatabaseSync } from 'node:sqlite';
import type { WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import type { RecentIds } from '#adapters/sqlite/recent-ids.ts';
import type { Turnstile } from '#adapters/sqlite/turnstile.ts';
import type { Writer } from '#adapters/sqlite/writer.ts';

/**
 * Carries out many requests in one transaction, each in a savepoint of its own, and answers only after the commit: as durable as one
 * transaction each, at the price of one flush.
 * @param guard throws when the file may not be written
 */
export function createGroupCommit(
  db: DatabaseSync,
  write: Writer,
  recent: RecentIds,
  turnstile: Turnstile,
  guard: () => void,
): (requests: readonly WriteRequest[]) => WriteReply[] {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const savepoint = db.prepare('SAVEPOINT one');
  const release = db.prepare('RELEASE one');

  function rollBack(): void {
    recent.forget();
    // SQLite ends the transaction by itself after some faults.
    if (db.isTransaction) db.exec('ROLLBACK');
  }

  function one(request: WriteRequest): WriteReply {
    savepoint.run();
    try {
      const reply = write(request);
      release.run();
      recent.keep();
      return reply;
    } catch (error) {
      recent.drop();
      db.exec('ROLLBACK TO one; RELEASE one');
      return { ok: false, reason: 'unavailable', detail: describe(error) };
    }
  }

  return (requests) => {
    let replies: WriteReply[];
    try {
      guard();
      turnstile.enter(() => begin.run());
      replies = requests.map(one);
    } catch (error) {
      const detail = describe(error);
      rollBack();
      return requests.map(() => ({ ok: false, reason: 'unavailable', detail }));
    }
    try {
      commit.run();
      recent.confirm();
    } catch (error) {
      const detail = describe(error);
      rollBack();
      return requests.map(() => ({ ok: false, reason: 'unknown-outcome', detail }));
    }
    return replies;
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
