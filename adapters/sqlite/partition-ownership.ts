import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isProcessAlive, ownIdentity } from '#adapters/programs/process-identity.ts';
import { whenFree } from '#adapters/sqlite/schema.ts';
import type { Clock } from '#ports/clock.ts';
import type { ClaimRequest, OwnershipClaim, PartitionOwnership } from '#ports/partition-ownership.ts';

export interface SqlitePartitionOwnershipOptions {
  /** Path of the database file, which processes share; made, with its folder, where there is none. */
  readonly file: string;
  /** Claims of different hubs and consumer groups do not see each other; compared without regard to case. */
  readonly hub: string;
  readonly consumerGroup: string;
  readonly clock: Clock;
  /** A claim that was not renewed for so long is void (default 10,000). */
  readonly expiryMs?: number;
  /** Whether a process of this machine still runs; `startTime` is what the system says (Linux: ticks since boot), where it says anything. */
  readonly isAlive?: (pid: number, startTime: string | undefined) => boolean;
}

interface Row extends OwnershipClaim {
  readonly host: string;
  readonly pid: number;
  readonly started: string | null;
}

const table = `
  CREATE TABLE IF NOT EXISTS claims (
    hub TEXT NOT NULL, consumer_group TEXT NOT NULL, partition_id TEXT NOT NULL, owner_id TEXT NOT NULL, etag TEXT NOT NULL,
    claimed_at INTEGER NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT, PRIMARY KEY (hub, consumer_group, partition_id)
  ) STRICT, WITHOUT ROWID`;
const columns =
  'partition_id AS partitionId, owner_id AS ownerId, etag, claimed_at AS claimedAt, host, pid, started FROM claims';

/**
 * Partition ownership among the processes that share one file. Claims carry the process that made them: those of processes that are gone from
 * this machine are void at once, all others when they expire. Its methods reject when the file cannot be used.
 * @throws when the file cannot be opened
 */
export function createSqlitePartitionOwnership(options: SqlitePartitionOwnershipOptions): PartitionOwnership {
  const { file, clock, expiryMs = 10_000, isAlive = isProcessAlive } = options;
  const scope = [options.hub.toLowerCase(), options.consumerGroup.toLowerCase()] as const;
  const self = ownIdentity();
  mkdirSync(dirname(file), { recursive: true });
  // Short: a claim takes microseconds, and this is the thread that everything else runs on.
  const db = new DatabaseSync(file, { timeout: 250 });
  whenFree(() => db.exec('PRAGMA journal_mode = WAL'));
  // A claim lost in a power cut expires like that of a dead process: no flush is worth waiting for.
  db.exec('PRAGMA synchronous = NORMAL');
  whenFree(() => db.exec(table));

  const selectAll = db.prepare(`SELECT ${columns} WHERE hub = ? AND consumer_group = ? ORDER BY partition_id`);
  const selectOne = db.prepare(`SELECT ${columns} WHERE hub = ? AND consumer_group = ? AND partition_id = ?`);
  const upsert = db.prepare('INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const remove = db.prepare(
    'DELETE FROM claims WHERE hub = ? AND consumer_group = ? AND partition_id = ? AND owner_id = ?',
  );

  function isLiving(row: Row): boolean {
    // A time in the future: the clock was put back, and the claim would otherwise hold for as long.
    if (Math.abs(clock.now() - row.claimedAt) > expiryMs) return false;
    return row.host !== self.host || isAlive(row.pid, row.started ?? undefined);
  }

  function transaction<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  function claimOne({ partitionId, ownerId, etag }: ClaimRequest): OwnershipClaim | undefined {
    const found = selectOne.get(...scope, partitionId) as unknown as Row | undefined;
    // A void claim was left out of the list, so it is replaced without its etag.
    const present = found !== undefined && (etag === found.etag || isLiving(found)) ? found.etag : undefined;
    if (present !== etag) return undefined;
    const claim: OwnershipClaim = { partitionId, ownerId, etag: randomUUID(), claimedAt: clock.now() };
    upsert.run(
      ...scope,
      ...[partitionId, ownerId, claim.etag, claim.claimedAt],
      ...[self.host, self.pid, self.started ?? null],
    );
    return claim;
  }

  return {
    async list() {
      const rows = selectAll.all(...scope) as unknown as Row[];
      return rows
        .filter(isLiving)
        .map(({ partitionId, ownerId, etag, claimedAt }) => ({ partitionId, ownerId, etag, claimedAt }));
    },
    async claim(claims) {
      return transaction(() => claims.map(claimOne).filter((claim) => claim !== undefined));
    },
    async release(ownerId, partitionIds) {
      transaction(() => {
        for (const partitionId of partitionIds) remove.run(...scope, partitionId, ownerId);
      });
    },
    async close() {
      if (db.isOpen) db.close();
    },
  };
}
