import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { pageColumns } from '#adapters/sqlite/page-builder.ts';
import type { SubscriptionFilter } from '#ports/event-log.ts';

export interface ScanStatement {
  /** Parameters: lowest position, highest position, then {@link parameters}. Rows come as arrays. */
  readonly statement: StatementSync;
  readonly parameters: readonly string[];
}

/** Statements that go over the whole log in order; one for each shape of filter, prepared when first needed. */
export function createScanStatements(
  db: DatabaseSync,
): (
  direction: 'forwards' | 'backwards',
  userEventsOnly: boolean,
  filter: SubscriptionFilter | undefined,
) => ScanStatement {
  const prepared = new Map<string, StatementSync>();
  return (direction, userEventsOnly, filter) => {
    const parameters = filter?.prefixes ?? [];
    const column = filter?.by === 'stream-prefix' ? 's.name' : 'e.type';
    const wanted = parameters.map(() => `(substr(${column}, 1, length(?)) = ?)`);
    const conditions = [
      ...(userEventsOnly ? [`substr(s.name, 1, 1) <> '$'`, `e.type <> '$streamDeleted'`] : []),
      ...(filter === undefined ? [] : [wanted.length === 0 ? '0' : `(${wanted.join(' OR ')})`]),
    ];
    // CROSS JOIN keeps the order of the log as the outer loop; without it a filter might start at the streams and sort.
    const sql = `SELECT ${pageColumns} FROM events e CROSS JOIN streams s ON s.id = e.sid
      WHERE e.pos BETWEEN ? AND ? ${conditions.map((condition) => `AND ${condition}`).join(' ')}
      ORDER BY e.pos ${direction === 'forwards' ? 'ASC' : 'DESC'}`;
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReturnArrays(true);
      prepared.set(sql, statement);
    }
    return { statement, parameters: parameters.flatMap((prefix) => [prefix, prefix]) };
  };
}
