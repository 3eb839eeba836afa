import type { LogPosition } from '#ports/event-log.ts';

/**
 * The files that read models are kept in. A model is a cache: whatever is lost or belongs to another version of it is folded from the log again.
 */
export interface ReadModelFiles {
  /**
   * The model as it was left, or an empty one where there is none of this version and shape. What is left of unfinished rebuilds and of other versions is
   * removed.
   */
  open(schema: ReadModelSchema): Promise<ReadModelStore>;
  /** An empty one beside the one that serves, to be filled and then put in its place ({@link ReadModelStore.complete}). */
  rebuild(schema: ReadModelSchema): Promise<ReadModelStore>;
}

/** One read model: tables, and the position in the log up to which they are complete, always changed together. */
export interface ReadModelStore {
  /** Undefined before the first commit. */
  position(): LogPosition | undefined;
  /** Applies changes in order and moves the position, all or nothing. Rejects when the file cannot be written. */
  commit(changes: readonly Change[], position: LogPosition): Promise<void>;
  /** All answers, and the position they hold for, of one moment: after every commit that was asked for before. */
  read(questions: readonly Question[]): Promise<Answers>;
  /** SHA-256 over all rows in the order of their keys, of one moment as for {@link read}; the position is no part of it. Commits go on meanwhile. */
  digest(): Promise<Digest>;
  /** From now on this is the one that `open` finds. */
  complete(): Promise<void>;
  /** True once {@link complete} was called, now or by an earlier process. */
  isComplete(): boolean;
  close(): Promise<void>;
  /** Closes it and removes its file. */
  discard(): Promise<void>;
}

export interface ReadModelSchema {
  /** Lower case letters and hyphens: part of a file's name. */
  readonly name: string;
  /** Raised with every change of what is folded; a file of another version is not used. */
  readonly version: number;
  readonly tables: Readonly<Record<string, TableSchema>>;
}

export interface TableSchema {
  readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
  /** Columns that tell rows apart; digests go in their order. */
  readonly key: readonly string[];
  readonly indexes?: readonly (readonly string[])[];
}

export type Cell = string | number | null;
/** A missing column is null. */
export type Row = Readonly<Record<string, Cell>>;

export type Change =
  /** Puts a whole row in the place of the one with the same key. */
  | { readonly table: string; readonly put: Row }
  | { readonly table: string; readonly delete: Row }
  /** Adds to numbers of the row with that key, made with zeroes where there is none. */
  | { readonly table: string; readonly key: Row; readonly add: Readonly<Record<string, number>> };

/** What to read: rows, or how many there are. */
export interface Question {
  readonly table: string;
  /** All columns unless named. */
  readonly columns?: readonly string[];
  /** All of them must hold. */
  readonly where?: readonly Condition[];
  readonly order?: readonly { readonly column: string; readonly direction: 'asc' | 'desc' }[];
  readonly limit?: number;
  /** Of the rows that are found, only the last (by key) for each value of this column. */
  readonly latestPer?: string;
  /** Rows of these columns and `count` instead, most first; with no column one row with the whole count. */
  readonly countBy?: readonly string[];
}

export type Condition =
  | { readonly column: string; readonly is: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly value: Cell }
  | { readonly column: string; readonly in: readonly Cell[] }
  /** The value stands in a column of another table, in a row for which all of `where` holds. */
  | {
      readonly column: string;
      readonly inTable: string;
      readonly as: string;
      readonly where: readonly Condition[];
    };

export interface Answers {
  readonly position: LogPosition | undefined;
  readonly rows: readonly (readonly Row[])[];
}

export interface Digest {
  readonly position: LogPosition | undefined;
  /** Lower case hex. */
  readonly digest: string;
  readonly rows: number;
}
