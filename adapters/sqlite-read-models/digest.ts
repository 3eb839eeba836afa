import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { configure, metaOf } from '#adapters/sqlite-read-models/database.ts';
import type { Digest, ReadModelSchema } from '#ports/read-model-store.ts';

/** Rows that are hashed before anything else gets its turn. */
const slice = 500;

/**
 * SHA-256 over the canonical form of every row: for each table, in the order of their names, its name and a line feed, then for each row in the order of
 * its key the JSON array of its cells in the order of the schema and a line feed. The snapshot is taken before this returns for the first time; commits go on
 * beside it.
 */
export async function digestOf(file: string, schema: ReadModelSchema): Promise<Digest> {
  const db = configure(new DatabaseSync(file));
  try {
    db.exec('BEGIN');
    const position = metaOf(db, 'position');
    const hash = createHash('sha256');
    let rows = 0;
    for (const table of Object.keys(schema.tables).sort()) {
      const { columns, key } = schema.tables[table] ?? { columns: {}, key: [] };
      hash.update(`${table}\n`);
      const names = Object.keys(columns).map((name) => `"${name}"`);
      const order = key.map((name) => `"${name}"`);
      const statement = db.prepare(`SELECT ${names.join(', ')} FROM "${table}" ORDER BY ${order.join(', ')}`);
      statement.setReturnArrays(true);
      let lines = '';
      for (const cells of statement.iterate()) {
        lines += `${JSON.stringify(cells)}\n`;
        if (++rows % slice !== 0) continue;
        hash.update(lines);
        lines = '';
        await setImmediate();
      }
      hash.update(lines);
    }
    return { position, digest: hash.digest('hex'), rows };
  } finally {
    db.close();
  }
}
