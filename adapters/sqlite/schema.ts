import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const version = 1;
const newPageBytes = 16_384;
/** Length of the write-ahead log at which it is made to begin anew. */
const mostWalBytes = 64 * 1024 * 1024;

/**
 * `pos` is the order of the whole log: given within the write transaction, so it has neither gaps nor late-comers. `tb` (truncate before),
 * `max_count` and `max_age` copy the stream's metadata, so that no read has to look for them. The payload columns come last: a scan that does
 * not want them never touches their pages.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL, tombstoned INTEGER NOT NULL DEFAULT 0,
    tb INTEGER, max_count INTEGER, max_age INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    pos INTEGER PRIMARY KEY, sid INTEGER NOT NULL, rev INTEGER NOT NULL, created INTEGER NOT NULL, json INTEGER NOT NULL,
    id TEXT NOT NULL, type TEXT NOT NULL, meta BLOB NOT NULL, data BLOB NOT NULL, UNIQUE (sid, rev)
  ) STRICT;
  PRAGMA user_version = ${version};
`;

/**
 * Opens the event log's file for one thread, making it where there is none. Several processes may do so at once.
 * @throws when the file is no event log, or was written by a newer version
 */
export function openLogFile(file: string, use: 'write' | 'read' | 'checkpoint'): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  makeWhereThereIsNone(file);
  const db = new DatabaseSync(file, { timeout: 4_000, enableForeignKeyConstraints: false });
  try {
    // Of a new file alone: an event takes 2 KB, and pages of 4 KB, SQLite's default, would be half empty, written twice and flushed.
    db.exec(`PRAGMA page_size = ${newPageBytes}`);
    whenFree(() => db.exec('PRAGMA journal_mode = WAL'));
    // FULL: the log is the checkpoint, an answered append must survive a power cut.
    // A thread of its own makes checkpoints all the time; at 64 MiB the writer finishes them, so that the write-ahead log begins anew.
    const pages = Math.floor(mostWalBytes / pragma(db, 'page_size'));
    db.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${pages}; PRAGMA cache_size = -32768`);
    if (use === 'write') {
      migrate(db);
      // From here on the turnstile does the waiting.
      db.exec('PRAGMA busy_timeout = 0');
    }
    if (use === 'read') db.exec('PRAGMA query_only = 1');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * SQLite would make it readable for all; its `-wal` and `-shm` take the mode from it. A file that is there is not opened: closing it again gives up the
 * locks that other threads of this process hold on it (https://www.sqlite.org/howtocorrupt.html, 2.2), and whoever uses the file next takes their
 * write-ahead log away.
 */
function makeWhereThereIsNone(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function migrate(db: DatabaseSync): void {
  whenFree(() => db.exec('BEGIN IMMEDIATE'));
  const found = pragma(db, 'user_version');
  if (found > version)
    throw new Error(`the event log was written by a newer version (${found}, this one knows ${version})`);
  if (found < version) db.exec(tables);
  db.exec('COMMIT');
}

function pragma(db: DatabaseSync, name: 'page_size' | 'user_version'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

/** Repeats what fails for a lock, for 2 s: the switch to WAL does not always wait, and two processes that start at once would fail each other. */
export function whenFree(action: () => void): void {
  for (let attempt = 0; ; attempt++) {
    try {
      action();
      return;
    } catch (error) {
      if (attempt >= 100 || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** SQLITE_BUSY (5) and its extended codes: another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
