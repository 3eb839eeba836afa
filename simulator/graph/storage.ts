import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const schema = `
  CREATE TABLE IF NOT EXISTS subscriptions (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS held (seq INTEGER PRIMARY KEY, notice TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS chats (
    id TEXT PRIMARY KEY, topic TEXT, created INTEGER NOT NULL, last INTEGER NOT NULL, last_message TEXT NOT NULL, messages INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS chats_last ON chats (last DESC, id DESC);
  CREATE TABLE IF NOT EXISTS members (user TEXT NOT NULL, chat TEXT NOT NULL, PRIMARY KEY (chat, user)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS messages (
    chat TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, change INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (chat, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_modified ON messages (chat, modified DESC, id DESC);
  CREATE INDEX IF NOT EXISTS messages_created ON messages (chat, created DESC, id DESC);
  CREATE INDEX IF NOT EXISTS messages_change ON messages (change);
`;

/** Opens `graph.db` of a folder, or a database in memory. A simulator may lose its last moment in a power cut, not in a crash. */
export function openStorage(folder: string | undefined): DatabaseSync {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(folder === undefined ? ':memory:' : join(folder, 'graph.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;');
  database.exec(schema);
  return database;
}

/** Runs `work` in one transaction. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
