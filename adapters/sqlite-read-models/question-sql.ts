import type { Cell, Condition, Question, ReadModelSchema } from '#ports/read-model-store.ts';

export interface Sql {
  readonly text: string;
  readonly values: readonly Cell[];
}

/**
 * A question as a statement. Values are bound; names are checked against the schema, so that nothing from outside becomes SQL.
 * @throws for a name that the schema does not have
 */
export function toSql(schema: ReadModelSchema, question: Question): Sql {
  const values: Cell[] = [];
  const { table, latestPer, countBy } = question;
  const columnsOf = checker(schema, table);
  const where = conditions(schema, table, question.where ?? [], values);
  if (countBy !== undefined) {
    const by = countBy.map(columnsOf);
    const group = by.length === 0 ? '' : ` GROUP BY ${by.join(', ')} ORDER BY "count" DESC, ${by.join(', ')}`;
    const text = `SELECT ${[...by, 'COUNT(*) AS "count"'].join(', ')} FROM "${table}"${where}${group}${limit(question, values)}`;
    return { text, values };
  }
  const names = question.columns ?? Object.keys(schema.tables[table]?.columns ?? {});
  const select = `SELECT ${names.map(columnsOf).join(', ')} FROM "${table}"`;
  const order = (question.order ?? []).map(
    ({ column, direction }) => `${columnsOf(column)} ${direction === 'asc' ? 'ASC' : 'DESC'}`,
  );
  const sorted = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  if (latestPer === undefined) return { text: `${select}${where}${sorted}${limit(question, values)}`, values };
  const key = columnsOf(schema.tables[table]?.key[0] ?? '');
  const inner = `SELECT MAX(${key}) FROM "${table}"${where} GROUP BY ${columnsOf(latestPer)}`;
  return { text: `${select} WHERE ${key} IN (${inner})${sorted}${limit(question, values)}`, values };
}

function limit(question: Question, values: Cell[]): string {
  if (question.limit === undefined) return '';
  values.push(question.limit);
  return ' LIMIT ?';
}

function conditions(schema: ReadModelSchema, table: string, list: readonly Condition[], values: Cell[]): string {
  if (list.length === 0) return '';
  const columnOf = checker(schema, table);
  return ` WHERE ${list.map((condition) => one(schema, columnOf, condition, values)).join(' AND ')}`;
}

function one(
  schema: ReadModelSchema,
  columnOf: (name: string) => string,
  condition: Condition,
  values: Cell[],
): string {
  const column = columnOf(condition.column);
  if ('is' in condition) {
    if (!comparisons.has(condition.is)) throw new TypeError('no such comparison');
    values.push(condition.value);
    return `${column} ${condition.is} ?`;
  }
  if ('in' in condition) {
    // One parameter whatever the length, so that the statement is prepared once.
    values.push(JSON.stringify(condition.in));
    return `${column} IN (SELECT value FROM json_each(?))`;
  }
  const { inTable, as, where } = condition;
  return `${column} IN (SELECT ${checker(schema, inTable)(as)} FROM "${inTable}"${conditions(schema, inTable, where, values)})`;
}

const comparisons: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);

function checker(schema: ReadModelSchema, table: string): (column: string) => string {
  const columns = schema.tables[table]?.columns;
  if (columns === undefined || !Object.hasOwn(schema.tables, table))
    throw new TypeError(`${schema.name} has no table ${table}`);
  return (column) => {
    if (!Object.hasOwn(columns, column)) throw new TypeError(`${table} has no column ${column}`);
    return `"${column}"`;
  };
}
