import type { Cell, Change, Digest, Question, ReadModelSchema, Row } from '#ports/read-model-store.ts';

/** What a thread is started with. */
export interface StoreThreadData {
  readonly folder: string;
  readonly schema: ReadModelSchema;
  /** `open`: the model as it was left; `rebuild`: an empty one beside it. */
  readonly mode: 'open' | 'rebuild';
}

/** Changes of one kind to one table, all their cells in one list: cloning an object for every row would cost more than writing it. */
export interface Run {
  readonly table: string;
  readonly kind: 'put' | 'delete' | 'add';
  readonly cells: Cell[];
}

/** The rows of an answer, in one list for the same reason. */
export interface PackedRows {
  readonly columns: readonly string[];
  readonly cells: readonly Cell[];
}

export type StoreRequest =
  | { readonly kind: 'commit'; readonly runs: readonly Run[]; readonly position: string }
  | { readonly kind: 'read'; readonly questions: readonly Question[] }
  | { readonly kind: 'digest' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'close'; readonly discard: boolean };

export type StoreReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'rows'; readonly position: string | undefined; readonly answers: readonly PackedRows[] }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'failed'; readonly detail: string };

export type FromStoreThread =
  | { readonly kind: 'ready'; readonly position: string | undefined; readonly complete: boolean }
  | { readonly kind: 'failed-to-open'; readonly detail: string }
  | { readonly kind: 'reply'; readonly number: number; readonly reply: StoreReply };

/**
 * Sorts changes into runs. Their order within a table is kept; that between tables does not matter, as they are applied in one transaction
 * and know nothing of each other.
 */
export function toRuns(schema: ReadModelSchema, changes: readonly Change[]): readonly Run[] {
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const change of changes) {
    const table = schema.tables[change.table];
    if (table === undefined) throw new TypeError(`${schema.name} has no table ${change.table}`);
    const kind = 'put' in change ? 'put' : 'delete' in change ? 'delete' : 'add';
    let run = open.get(change.table);
    if (run?.kind !== kind) {
      run = { table: change.table, kind, cells: [] };
      runs.push(run);
      open.set(change.table, run);
    }
    if ('put' in change) for (const column in table.columns) run.cells.push(change.put[column] ?? null);
    else if ('delete' in change) for (const column of table.key) run.cells.push(change.delete[column] ?? null);
    else for (const column in table.columns) run.cells.push(change.key[column] ?? change.add[column] ?? 0);
  }
  return runs;
}

export function toRows({ columns, cells }: PackedRows): readonly Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < cells.length; start += columns.length) {
    const row: Record<string, Cell> = {};
    for (const [i, column] of columns.entries()) row[column] = cells[start + i] ?? null;
    rows.push(row);
  }
  return rows;
}
