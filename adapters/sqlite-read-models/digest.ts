import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { list, positionIn } from '#adapters/sqlite-read-models/database.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { Digest, ReadModelSchema } from '#ports/read-model-store.ts';

/** A digest of one moment, made step by step so that other work goes on between. */
export interface DigestRun {
  readonly position: LogPosition | undefined;
  /**
   * Works for about so many milliseconds; the digest once it is done.
   * @throws when it was given up
   */
  step(ms: number): Digest | undefined;
  /** Gives it up; also called when it is done. */
  end(): void;
}

/** Rows that go into the hash with one call. */
const rowsAtOnce = 64;

/**
 * Every cell with its kind and its length before it, so that no two sets of rows read the same. A file gets a connection of its own, in a transaction that
 * sees what was committed before; a database without a file is read by the only connection there is, and must be done in one step.
 */
export function beginDigest(file: string, own: DatabaseSync, schema: ReadModelSchema): DigestRun {
  const db = file === '' ? own : new DatabaseSync(file, { readOnly: true });
  let position: LogPosition | undefined;
  try {
    if (file !== '') db.exec('PRAGMA busy_timeout = 2000; BEGIN');
    position = positionIn(db);
  } catch (error) {
    if (file !== '') db.close();
    throw error;
  }
  const hash = createHash('sha256');
  const rows = rowsOf(db, schema);
  let count = 0;
  let text = '';
  let ended = false;

  const end = (): void => {
    ended = true;
    rows.return(undefined);
    if (file !== '' && db.isOpen) db.close();
  };
  return {
    position,
    step(ms) {
      // There are no more rows then either: it would pass for the digest of all.
      if (ended) throw new Error('the read model was closed');
      const until = file === '' ? Number.POSITIVE_INFINITY : performance.now() + ms;
      for (;;) {
        for (let i = 0; i < rowsAtOnce; i++) {
          const next = rows.next();
          if (next.done === true) {
            hash.update(text, 'utf8');
            end();
            return { digest: hash.digest('hex'), rows: count };
          }
          text += next.value;
          if (next.value.startsWith('r')) count++;
        }
        hash.update(text, 'utf8');
        text = '';
        if (performance.now() >= until) return undefined;
      }
    },
    end,
  };
}

function* rowsOf(db: DatabaseSync, schema: ReadModelSchema): Generator<string, void, undefined> {
  for (const name of Object.keys(schema.tables).sort()) {
    const { columns, key } = schema.tables[name] ?? { columns: {}, key: [] };
    yield `t${cell(name)}`;
    const statement = db.prepare(`SELECT ${list(Object.keys(columns))} FROM "${name}" ORDER BY ${list(key)}`);
    statement.setReturnArrays(true);
    for (const row of statement.iterate()) {
      let text = 'r';
      for (const value of row as unknown as unknown[]) text += cell(value);
      yield text;
    }
  }
}

function cell(value: unknown): string {
  if (value === null) return 'n';
  return typeof value === 'string' ? `s${value.length}:${value}` : `i${String(value)};`;
}
