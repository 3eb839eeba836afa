import type { Cell, Change, ReadModelSchema } from '#ports/read-model-store.ts';

/**
 * Changes of one table in order, of which each is done by the same statement: `cells` holds the bound values of one after the other. Goes to a thread at a
 * fraction of what a list of objects would cost.
 */
export interface ChangeGroup {
  readonly table: string;
  readonly kind: 'put' | 'delete';
  readonly keep: readonly string[];
  readonly cells: Cell[];
  /** Cells that one change takes. */
  readonly width: number;
}

/** Tables do not depend on each other, so their changes need not stay among each other as they came. */
export function groupChanges(schema: ReadModelSchema, changes: readonly Change[]): ChangeGroup[] {
  const groups: ChangeGroup[] = [];
  const latest = new Map<string, ChangeGroup>();
  for (const change of changes) {
    const { table } = change;
    const declared = schema.tables[table];
    if (declared === undefined) throw new TypeError(`${schema.name} has no table ${table}`);
    const kind = 'put' in change ? 'put' : 'delete';
    const keep = 'put' in change ? (change.keep ?? noColumns) : noColumns;
    let group = latest.get(table);
    if (group === undefined || group.kind !== kind || group.keep !== keep) {
      const width = kind === 'put' ? Object.keys(declared.columns).length : declared.key.length;
      group = { table, kind, keep, cells: [], width };
      groups.push(group);
      latest.set(table, group);
    }
    const row = 'put' in change ? change.put : change.delete;
    if (kind === 'put') for (const column in declared.columns) group.cells.push(row[column] ?? null);
    else for (const column of declared.key) group.cells.push(row[column] ?? null);
  }
  return groups;
}

const noColumns: readonly string[] = [];
