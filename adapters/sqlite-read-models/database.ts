import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreThreadData } from '#adapters/sqlite-read-models/messages.ts';
import type { ReadModelSchema } from '#ports/read-model-store.ts';

/** An open file of a read model. */
export interface OpenModel {
  readonly file: string;
  readonly db: DatabaseSync;
}

/**
 * Finds or makes the file of a model: `<name>-<generation>.db`. The highest generation that is complete and of this version and shape is the one that
 * serves; without one, the highest that was being filled goes on being filled. A file is put in another's place by completing it, so there is
 * no moment without one, and a crash at any moment leaves one or the other.
 */
export function openModel({ folder, schema, mode }: StoreThreadData): OpenModel {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const generations = generationsIn(folder, schema.name);
  const next = (generations[0] ?? 0) + 1;
  if (mode === 'rebuild') return create(folder, schema, next);
  const usable: OpenModel[] = [];
  for (const generation of generations) {
    const found = openExisting(fileOf(folder, schema.name, generation), schema);
    if (found !== undefined) usable.push(found);
  }
  const chosen = usable.find(({ db }) => metaOf(db, 'complete') === 'yes') ?? usable[0];
  for (const other of usable) {
    if (other === chosen) continue;
    other.db.close();
    removeModel(other.file);
  }
  return chosen ?? create(folder, schema, next);
}

/** The file and what SQLite keeps beside it. */
export function removeModel(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

export function metaOf(db: DatabaseSync, name: string): string | undefined {
  const row = db.prepare('SELECT value FROM "$meta" WHERE name = ?').get(name);
  return row === undefined ? undefined : String(row['value']);
}

export function writeMeta(db: DatabaseSync, name: string, value: string): void {
  db.prepare('INSERT OR REPLACE INTO "$meta" VALUES (?, ?)').run(name, value);
}

export function configure(db: DatabaseSync): DatabaseSync {
  // A cache need not outlive a power cut to the last commit: it has to be whole, and goes on from its own position.
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=4000; PRAGMA cache_size=-16000');
  return db;
}

function generationsIn(folder: string, name: string): number[] {
  const pattern = new RegExp(`^${name}-(\\d+)\\.db$`);
  return readdirSync(folder)
    .flatMap((file) => pattern.exec(file)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

function fileOf(folder: string, name: string, generation: number): string {
  return join(folder, `${name}-${generation}.db`);
}

/** Undefined, and the file gone, when it is of another version, of another shape or no database at all. */
function openExisting(file: string, schema: ReadModelSchema): OpenModel | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = configure(new DatabaseSync(file));
    if (metaOf(db, 'shape') === shapeOf(schema)) return { file, db };
  } catch {
    // Whatever is wrong with it, it can be folded from the log again.
  }
  db?.close();
  removeModel(file);
  return undefined;
}

function create(folder: string, schema: ReadModelSchema, generation: number): OpenModel {
  const file = fileOf(folder, schema.name, generation);
  removeModel(file);
  const db = configure(new DatabaseSync(file));
  db.exec('BEGIN; CREATE TABLE "$meta" (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
  for (const [table, { columns, key, indexes = [] }] of Object.entries(schema.tables)) {
    const defined = Object.entries(columns).map(([name, type]) => `"${name}" ${type.toUpperCase()}`);
    const keyOnly = Object.keys(columns).length === key.length;
    db.exec(
      `CREATE TABLE "${table}" (${defined.join(', ')}, PRIMARY KEY (${names(key)}))${keyOnly ? ' WITHOUT ROWID' : ''}`,
    );
    for (const [i, index] of indexes.entries()) db.exec(`CREATE INDEX "${table}_${i}" ON "${table}" (${names(index)})`);
  }
  writeMeta(db, 'shape', shapeOf(schema));
  db.exec('COMMIT');
  return { file, db };
}

function names(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

function shapeOf(schema: ReadModelSchema): string {
  return JSON.stringify(schema);
}
