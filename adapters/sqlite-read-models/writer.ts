import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { metaOf } from '#adapters/sqlite-read-models/database.ts';
import type { PackedRows, Run } from '#adapters/sqlite-read-models/messages.ts';
import { toSql } from '#adapters/sqlite-read-models/question-sql.ts';
import type { Cell, Question, ReadModelSchema } from '#ports/read-model-store.ts';

/** Reads and writes one open model. */
export interface ModelConnection {
  commit(runs: readonly Run[], position: string): void;
  read(questions: readonly Question[]): readonly PackedRows[];
  position(): string | undefined;
}

const mostPrepared = 200;

export function createConnection(db: DatabaseSync, schema: ReadModelSchema): ModelConnection {
  const prepared = new Map<string, StatementSync>();
  let position = metaOf(db, 'position');

  function prepare(text: string): StatementSync {
    let statement = prepared.get(text);
    if (statement === undefined) {
      if (prepared.size >= mostPrepared) prepared.clear();
      statement = db.prepare(text);
      prepared.set(text, statement);
    }
    return statement;
  }

  function apply({ table, kind, cells }: Run): void {
    const shape = schema.tables[table];
    if (shape === undefined) throw new TypeError(`no table ${table}`);
    const width = kind === 'delete' ? shape.key.length : Object.keys(shape.columns).length;
    const statement = prepare(statementOf(table, kind, Object.keys(shape.columns), shape.key));
    for (let start = 0; start < cells.length; start += width) statement.run(...cells.slice(start, start + width));
  }

  return {
    commit(runs, next) {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const run of runs) apply(run);
        prepare('INSERT OR REPLACE INTO "$meta" VALUES (?, ?)').run('position', next);
        db.exec('COMMIT');
        position = next;
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    read: (questions) =>
      questions.map((question) => {
        const { text, values } = toSql(schema, question);
        const statement = prepare(text);
        statement.setReturnArrays(true);
        const columns = statement.columns().map(({ name }) => name);
        return { columns, cells: (statement.all(...values) as unknown as Cell[][]).flat() };
      }),
    position: () => position,
  };
}

function statementOf(table: string, kind: Run['kind'], columns: readonly string[], key: readonly string[]): string {
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`);
  if (kind === 'delete')
    return `DELETE FROM "${table}" WHERE ${quoted(key)
      .map((name) => `${name} = ?`)
      .join(' AND ')}`;
  const places = columns.map(() => '?').join(', ');
  if (kind === 'put') return `INSERT OR REPLACE INTO "${table}" VALUES (${places})`;
  const added = quoted(columns.filter((column) => !key.includes(column)));
  const sums = added.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
  return `INSERT INTO "${table}" VALUES (${places}) ON CONFLICT (${quoted(key).join(', ')}) DO UPDATE SET ${sums}`;
}
