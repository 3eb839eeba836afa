import type { StatementSync } from 'node:sqlite';
import type { ChangeGroup } from '#adapters/sqlite-read-models/change-groups.ts';
import { atOf, list, openDatabase, settle } from '#adapters/sqlite-read-models/database.ts';
import { beginDigest, type DigestRun } from '#adapters/sqlite-read-models/digest.ts';
import type { At } from '#adapters/sqlite-read-models/messages.ts';
import { questionSql } from '#adapters/sqlite-read-models/question-sql.ts';
import type { Answers, Question, ReadModelSchema, Row } from '#ports/read-model-store.ts';

/** A read model's file, worked on by the thread that opened it. */
export interface Engine {
  /** As it was when the file was opened. */
  at(): Partial<At>;
  /** @throws when it could not be done; then nothing was */
  commit(groups: readonly ChangeGroup[], at: At): void;
  read(questions: readonly Question[]): Answers;
  /** Ends the bulk that the engine was opened for. */
  settle(): void;
  /** Fixes the moment; the rows are read step by step. */
  digest(): DigestRun;
  close(): void;
}

/** @param file an empty name is a database that vanishes with the engine */
export function openEngine(file: string, schema: ReadModelSchema, bulk = false): Engine {
  const db = openDatabase(file, schema, bulk);
  const statements = new Map<string, StatementSync>();
  const prepared = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = db.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
  const advance = db.prepare('UPDATE read_model SET position = ?, mark = coalesce(?, mark) WHERE position IS ?');
  const opened = atOf(db);
  let { position } = opened;

  return {
    at: () => opened,
    commit(groups, at) {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const group of groups) apply(prepared(changeSql(schema, group)), group);
        const mark = at.mark === undefined ? null : JSON.stringify(at.mark);
        if (advance.run(at.position, mark, position ?? null).changes !== 1)
          throw new Error(`somebody else writes to the read model ${schema.name}`);
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
      position = at.position;
    },
    read(questions) {
      const rows = questions.map((question) => {
        const { text, values } = questionSql(schema, question);
        return prepared(text).all(...values) as Row[];
      });
      return { position, rows };
    },
    settle: () => settle(file, db, schema),
    digest: () => beginDigest(file, db, schema),
    close: () => db.close(),
  };
}

function apply(statement: StatementSync, { cells, width }: ChangeGroup): void {
  for (let i = 0; i < cells.length; i += width) statement.run(...cells.slice(i, i + width));
}

function changeSql(schema: ReadModelSchema, { table, kind, keep }: ChangeGroup): string {
  const { columns, key } = schema.tables[table] ?? { columns: {}, key: [] };
  if (kind === 'delete') return `DELETE FROM "${table}" WHERE ${key.map((column) => `"${column}" = ?`).join(' AND ')}`;
  const names = Object.keys(columns);
  const marks = names.map(() => '?').join(', ');
  const changed = names.filter((name) => !key.includes(name) && !keep.includes(name));
  const conflict =
    changed.length === 0
      ? 'DO NOTHING'
      : `DO UPDATE SET ${changed.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`;
  return `INSERT INTO "${table}" (${list(names)}) VALUES (${marks}) ON CONFLICT (${list(key)}) ${conflict}`;
}
