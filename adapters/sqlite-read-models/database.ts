import { DatabaseSync } from 'node:sqlite';
import type { At } from '#adapters/sqlite-read-models/messages.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { LogMark } from '#ports/log-mark.ts';
import type { ReadModelSchema, TableSchema } from '#ports/read-model-store.ts';

/** Of how files are laid out; the schema's own version stands beside it. */
const layout = 2;

/** Above this many bytes a file is not looked through when it is opened: damage then shows when it is met. */
const checkedBytes = 16 * 1024 * 1024;

/**
 * Opens a file that is there or makes it. An empty name is a database of this process alone, which goes to the disk only when it grows.
 * @param bulk much is to be put in before anybody asks: no journal on the disk, no indexes, until {@link settle}
 */
export function openDatabase(file: string, schema: ReadModelSchema, bulk = false): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    // A cache may be lost with the machine: it must never be half written, which the journal sees to.
    // Rows of a kilobyte and more: with larger pages fewer of them are torn apart.
    if (schema.large === true) db.exec('PRAGMA page_size = 16384');
    db.exec(`PRAGMA journal_mode = ${file === '' || bulk ? 'MEMORY' : 'WAL'}; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 2000;
      PRAGMA cache_size = -${schema.large === true ? 65_536 : 8_192}; PRAGMA temp_store = MEMORY;`);
    db.exec(`CREATE TABLE IF NOT EXISTS read_model (one INTEGER PRIMARY KEY CHECK (one = 1), shape TEXT NOT NULL, position TEXT, mark TEXT) STRICT;
      ${Object.entries(schema.tables)
        .map(([name, table]) => tableSql(name, table))
        .join('\n')}`);
    if (!bulk) db.exec(indexSql(schema));
    db.prepare('INSERT OR IGNORE INTO read_model (one, shape) VALUES (1, ?)').run(shapeOf(schema));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Ends the bulk: from now on questions are quick, and others may read while something is written. */
export function settle(file: string, db: DatabaseSync, schema: ReadModelSchema): void {
  if (file === '') return;
  db.exec(indexSql(schema));
  db.exec('PRAGMA journal_mode = WAL');
}

/** Why a file that is there cannot be used; undefined where it can. */
export function whyUnusable(file: string, bytes: number, schema: ReadModelSchema): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA busy_timeout = 2000');
    if (bytes <= checkedBytes) {
      const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (found !== 'ok') return 'the file is damaged';
    }
    const row = db.prepare('SELECT shape FROM read_model WHERE one = 1').get();
    if (row?.['shape'] !== shapeOf(schema)) return 'the file is of another version';
    for (const name of Object.keys(schema.tables)) db.prepare(`SELECT * FROM "${name}" LIMIT 1`).get();
    return undefined;
  } catch (error) {
    return `the file cannot be read (${error instanceof Error ? error.message : String(error)})`;
  } finally {
    if (db?.isOpen === true) db.close();
  }
}

function shapeOf(schema: ReadModelSchema): string {
  return JSON.stringify([layout, schema.version, schema.tables]);
}

function tableSql(name: string, { columns, key }: TableSchema): string {
  const declared = Object.entries(columns).map(
    ([column, type]) => `"${column}" ${type.toUpperCase()}${key.includes(column) ? ' NOT NULL' : ''}`,
  );
  return `CREATE TABLE IF NOT EXISTS "${name}" (${declared.join(', ')}, PRIMARY KEY (${list(key)})) STRICT;`;
}

function indexSql({ tables }: ReadModelSchema): string {
  const statements = Object.entries(tables).flatMap(([name, { indexes = [], sparse = [] }]) => {
    const index = (kind: string, of: readonly string[]): string =>
      `CREATE INDEX IF NOT EXISTS "${name}_${kind}_${of.join('_')}" ON "${name}" (${list(of)})`;
    return [
      ...indexes.map((of) => `${index('by', of)};`),
      ...sparse.map((of) => `${index('where', of)} WHERE "${of[0]}" IS NOT NULL;`),
    ];
  });
  return statements.join('\n');
}

export function positionIn(db: DatabaseSync): LogPosition | undefined {
  const found = db.prepare('SELECT position FROM read_model').get()?.['position'];
  return typeof found === 'string' ? found : undefined;
}

/** Where it is in the log; empty before the first commit. */
export function atOf(db: DatabaseSync): Partial<At> {
  const row = db.prepare('SELECT position, mark FROM read_model').get();
  const [position, mark] = [row?.['position'], row?.['mark']];
  return {
    ...(typeof position === 'string' ? { position } : {}),
    ...(typeof mark === 'string' ? { mark: JSON.parse(mark) as LogMark } : {}),
  };
}

export function list(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}
