import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';
import { assertIsThere, makeWhereThereIsNone, type Standing, watchFiles } from './file-in-place.ts';
import { type DerivedKeys, masterKey } from './master-key.ts';
import { KeyStoreSetupError } from './setup-error.ts';

/**
 * Rows of keys are only appended, and a destroyed key becomes as many zeros (`wrapped` is always 60 bytes): so SQLite has no cause to move
 * keys from page to page, which could leave copies that `secure_delete` never sees. A secret's value may change in length: so each is sealed
 * under a key of its own, which is kept like the others, and without which copies of the value are worth nothing. Who is in a chat of two stands there as keyed hashes alone.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS subject_keys (
    row INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, subject BLOB NOT NULL, wrapped BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS subject_keys_by_subject ON subject_keys (subject);
  CREATE TABLE IF NOT EXISTS chats_of_people (
    person BLOB NOT NULL, chat BLOB NOT NULL, PRIMARY KEY (person, chat)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS day_keys (
    row INTEGER PRIMARY KEY, purpose TEXT NOT NULL, day TEXT NOT NULL, wrapped BLOB NOT NULL, UNIQUE (purpose, day)) STRICT;
  CREATE TABLE IF NOT EXISTS secrets (
    row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS secret_values (secret INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS secret_locks (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, taken_at INTEGER NOT NULL, hold_ms INTEGER NOT NULL) STRICT;
`;

/** Bytes of a wrapped key: nonce, 32 bytes of ciphertext, tag. */
export const wrappedBytes = 60;

/** An open key store file. */
export interface KeyDatabase {
  readonly id: string;
  readonly db: DatabaseSync;
  readonly derived: DerivedKeys;
  /** A prepared statement, kept. */
  prepare(sql: string): StatementSync;
  /** Runs in one transaction that no other process writes beside; rolled back when it throws. */
  immediately<T>(work: () => T): T;
  /** Changes with every commit of another connection, by whatever process. */
  version(): unknown;
  /** Whether the files that were opened still stand there: SQLite itself would go on writing into the void. */
  standing(): Standing;
}

export interface DatabaseOptions {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly busyTimeoutMs: number;
  /** For the identity of a new key store. */
  readonly random: () => string;
  /** Refuses to make a new one. */
  readonly mustExist?: boolean;
}

/**
 * Opens the key store's file and makes it where there is none.
 * @throws {KeyStoreSetupError}
 */
export function openDatabase(options: DatabaseOptions): KeyDatabase {
  const { file, busyTimeoutMs } = options;
  let db: DatabaseSync | undefined;
  try {
    if (options.mustExist === true) assertIsThere(file);
    else {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      makeWhereThereIsNone(file);
    }
    db = new DatabaseSync(file, { timeout: busyTimeoutMs });
    useWriteAheadLog(db, busyTimeoutMs);
    db.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
    return start(db, options);
  } catch (error) {
    db?.close();
    if (error instanceof KeyStoreSetupError) throw error;
    throw new KeyStoreSetupError('unreachable', `The key store ${file} cannot be opened: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** SQLite does not wait for a lock when it changes the journal's mode: two processes that make the file at once would fail. */
function useWriteAheadLog(db: DatabaseSync, timeoutMs: number): void {
  const pauseMs = 5;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += pauseMs) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waited >= timeoutMs || (error as { errcode?: number }).errcode !== sqliteBusy) throw error;
      Atomics.wait(sleeper, 0, 0, pauseMs);
    }
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

function start(db: DatabaseSync, options: DatabaseOptions): KeyDatabase {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const immediately = <T>(work: () => T): T => {
    prepare('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      prepare('COMMIT').run();
      return result;
    } catch (error) {
      if (db.isTransaction) prepare('ROLLBACK').run();
      throw error;
    }
  };
  const { id, derived } = immediately(() => {
    db.exec(schema);
    return identify(prepare, options);
  });
  const standing = watchFiles(options.file);
  const version = () => prepare('PRAGMA data_version').get()?.['data_version'];
  return { id, db, derived, prepare, immediately, version, standing };
}

/** Runs under the write lock, so that two processes that start at once agree on one master key and one identity. */
function identify(
  prepare: (sql: string) => StatementSync,
  { file, masterKeyFile, random, mustExist }: DatabaseOptions,
) {
  const value = (name: string) => {
    const row = prepare('SELECT value FROM meta WHERE name = ?').get(name);
    return row === undefined ? undefined : Buffer.from(row['value'] as Uint8Array);
  };
  const check = value('check');
  if (check === undefined && mustExist === true) throw new KeyStoreSetupError('unreachable', `${file} is no key store`);
  const derived = masterKey(masterKeyFile, check === undefined);
  const additional = Buffer.from('check');
  if (check === undefined) {
    const insert = prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    insert.run('check', sealBox(derived.wrapping, additional, Buffer.alloc(32)));
    insert.run('id', Buffer.from(random()));
  } else if (openBox(derived.wrapping, additional, check) === undefined) {
    throw new KeyStoreSetupError(
      'master-key-wrong',
      `The master key ${masterKeyFile} does not belong to this key store. Restore the pair from one backup.`,
    );
  }
  return { derived, id: value('id')?.toString() ?? '' };
}

/** What SQLite or the file system said, without the values of any statement. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
