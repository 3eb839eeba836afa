import { list } from '#adapters/sqlite-read-models/database.ts';
import type { Cell, Condition, Question, ReadModelSchema } from '#ports/read-model-store.ts';

/** A statement and what is bound to it. */
export interface Sql {
  readonly text: string;
  readonly values: readonly Cell[];
}

/**
 * A question as SQL. Names come from the schema's own declarations, values are always bound.
 * @throws TypeError for a name that the schema does not declare
 */
export function questionSql(schema: ReadModelSchema, question: Question): Sql {
  const { table, where = [], latestPer, countBy, order = [], limit } = question;
  const declared = columnsOf(schema, table);
  const columns = question.columns ?? [...declared];
  for (const name of [...columns, ...(countBy ?? []), ...order.map(({ column }) => column)]) check(declared, name);
  const values: Cell[] = [];
  let conditions = conditionsSql(schema, table, where, values);
  if (latestPer !== undefined) {
    check(declared, latestPer);
    const key = schema.tables[table]?.key ?? [];
    conditions = ` WHERE ${list(key)} IN (SELECT max(${list(key)}) FROM "${table}"${conditions} GROUP BY "${latestPer}")`;
  }
  if (countBy !== undefined) {
    const by = list(countBy);
    return {
      text: `SELECT ${by === '' ? '' : `${by}, `}count(*) AS "count" FROM "${table}"${conditions}${
        by === '' ? '' : ` GROUP BY ${by} ORDER BY "count" DESC, ${by}`
      }`,
      values,
    };
  }
  const sorted = order.map(({ column, direction }) => `"${column}" ${direction === 'asc' ? 'ASC' : 'DESC'}`);
  if (limit !== undefined) values.push(limit);
  return {
    text: `SELECT ${list(columns)} FROM "${table}"${conditions}${sorted.length === 0 ? '' : ` ORDER BY ${sorted.join(', ')}`}${
      limit === undefined ? '' : ' LIMIT ?'
    }`,
    values,
  };
}

function conditionsSql(schema: ReadModelSchema, table: string, where: readonly Condition[], values: Cell[]): string {
  const declared = columnsOf(schema, table);
  const parts = where.map((condition) => {
    check(declared, condition.column);
    const column = `"${condition.column}"`;
    if ('is' in condition) {
      values.push(condition.value);
      return `${column} ${condition.is} ?`;
    }
    if ('in' in condition) {
      values.push(JSON.stringify(condition.in));
      return `${column} IN (SELECT value FROM json_each(?))`;
    }
    check(columnsOf(schema, condition.inTable), condition.as);
    const inner = conditionsSql(schema, condition.inTable, condition.where, values);
    return `${column} IN (SELECT "${condition.as}" FROM "${condition.inTable}"${inner})`;
  });
  return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
}

function columnsOf(schema: ReadModelSchema, table: string): ReadonlySet<string> {
  const declared = schema.tables[table];
  if (declared === undefined) throw new TypeError(`${schema.name} has no table ${table}`);
  return new Set(Object.keys(declared.columns));
}

function check(declared: ReadonlySet<string>, column: string): void {
  if (!declared.has(column)) throw new TypeError(`no such column: ${column}`);
}
