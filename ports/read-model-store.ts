import type { LogPosition } from '#ports/event-log.ts';
import type { LogMark } from '#ports/log-mark.ts';

/**
 * Where read models are kept. A model is a cache: whatever is lost, damaged or of another version of it is folded from the log again.
 */
export interface ReadModelFiles {
  /**
   * The model as it was left, or an empty one where there is none that can be used. What unfinished rebuilds of it left is removed. Rejects when the place
   * cannot be written to.
   */
  open(schema: ReadModelSchema): Promise<OpenedReadModel>;
  /**
   * An empty one beside the one that serves, to be filled, made ready ({@link ReadModelStore.settle}) and put in its place ({@link ReadModelStore.complete}).
   */
  rebuild(schema: ReadModelSchema): Promise<ReadModelStore>;
}

export interface OpenedReadModel {
  readonly store: ReadModelStore;
  /** Why what was there could not be used and the model begins empty, for operators; absent where it was used or nothing was there. */
  readonly discarded?: string;
}

/** One read model: tables, and the position in the log up to which they are complete, always changed together. */
export interface ReadModelStore {
  /** Undefined before the first commit. */
  position(): LogPosition | undefined;
  /** As the last commit that gave one said: an event at the position, or after it. */
  mark(): LogMark | undefined;
  /** Applies changes in order and moves the position, all or nothing. Rejects when the file cannot be written or somebody else wrote to it. */
  commit(changes: readonly Change[], position: LogPosition, mark?: LogMark): Promise<void>;
  /** All answers, and the position they hold for, of one moment: after every commit that was asked for before. */
  read(questions: readonly Question[]): Promise<Answers>;
  /**
   * SHA-256 over all rows in the order of their keys; the position is no part of it. Resolves once the moment is fixed: what is committed after that is not
   * in `result`, and need not wait for it.
   */
  digest(): Promise<DigestUnderway>;
  /** The bulk of a rebuild is in: from now on questions are answered as quickly as by any other. May take a while. */
  settle(): Promise<void>;
  /** From now on this is the one that `open` finds. */
  complete(): Promise<void>;
  close(): Promise<void>;
  /** Closes it and removes its file. */
  discard(): Promise<void>;
}

export interface ReadModelSchema {
  /** Lower case letters and hyphens: part of a file's name. */
  readonly name: string;
  /** Raised with every change of what is folded; a file of another version is not used. */
  readonly version: number;
  /** Has so many rows that work on it must not be done where people are answered. */
  readonly large?: true;
  readonly tables: Readonly<Record<string, TableSchema>>;
}

export interface TableSchema {
  readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
  /** Columns that tell rows apart; digests go in their order. */
  readonly key: readonly string[];
  readonly indexes?: readonly (readonly string[])[];
  /** Indexes over rows whose first column of it is not null: for looking rows up by its value, not for putting them in order. */
  readonly sparse?: readonly (readonly string[])[];
}

/** Numbers are safe integers. */
export type Cell = string | number | null;
/** A missing column is null. */
export type Row = Readonly<Record<string, Cell>>;

export type Change =
  /** Puts a whole row in the place of the one with the same key; columns of `keep` stay as they are where there is one. */
  | { readonly table: string; readonly put: Row; readonly keep?: readonly string[] }
  /** Removes the row with that key, if there is one. */
  | { readonly table: string; readonly delete: Row };

/** What to read: rows, or how many there are. */
export interface Question {
  readonly table: string;
  /** All columns unless named. */
  readonly columns?: readonly string[];
  /** All of them must hold. */
  readonly where?: readonly Condition[];
  readonly order?: readonly { readonly column: string; readonly direction: 'asc' | 'desc' }[];
  readonly limit?: number;
  /** Of the rows that are found, only the last (by key, which must be one column) for each value of this column. */
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

export interface DigestUnderway {
  readonly position: LogPosition | undefined;
  readonly result: Promise<Digest>;
}

export interface Digest {
  /** Lower case hex. */
  readonly digest: string;
  readonly rows: number;
}
