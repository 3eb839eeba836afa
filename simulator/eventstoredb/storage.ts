/**
 * What the simulated server keeps its events in: the engine of the embedded event log is one. Implementers are as idempotent as the real
 * server and keep metadata as events of the streams `$$name`, whose meaning (`$maxCount`, `$maxAge`, `$tb`) they apply to stream reads.
 */
export interface Storage {
  /** All events or none. */
  append(stream: string, expected: StorageExpectation, events: readonly EventToStore[]): Promise<AppendOutcome>;
  /** `from` is inclusive; without it reading begins at the start (forwards) or the end (backwards). */
  readStream(
    stream: string,
    options: { readonly direction: Direction; readonly from?: number; readonly limit: number },
  ): Promise<StreamPage>;
  /** All streams, those of the system too. `from` is inclusive; without it as with {@link Storage.readStream}. */
  readAll(options: { readonly direction: Direction; readonly from?: bigint; readonly limit: number }): Promise<AllPage>;
  /** Position of the last event, 0 when there is none. */
  lastPosition(): Promise<{ readonly ok: true; readonly position: bigint } | StorageFailure>;
  /** Calls back when something may have been appended; returns what ends that. */
  onAppended(listener: () => void): () => void;
  softDelete(stream: string, expected: StorageExpectation): Promise<DeleteOutcome>;
  tombstone(stream: string, expected: StorageExpectation): Promise<DeleteOutcome>;
}

/** Of a read. */
export type Direction = 'forwards' | 'backwards';
/** 0-based revision of the stream's last event, or a rule. */
export type StorageExpectation = number | 'no-stream' | 'any' | 'stream-exists';

/** An event as a client sends it: bytes, whatever they mean. */
export interface EventToStore {
  readonly id: string;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as it was stored. */
export interface StoredEvent extends EventToStore {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: number;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
}

/** The storage's own trouble; `invalid` is the caller's fault. */
interface StorageFailure {
  readonly ok: false;
  readonly reason: 'unavailable' | 'unknown-outcome' | 'invalid';
  readonly detail: string;
}

/** The stream is elsewhere. */
interface WrongRevision {
  readonly ok: false;
  readonly reason: 'wrong-expected-revision';
  readonly actual: number | 'no-stream';
}

/** The stream was deleted for ever. */
interface Deleted {
  readonly ok: false;
  readonly reason: 'stream-deleted';
}

/** What became of an append; a repeat that was recognised is a success. */
export type AppendOutcome =
  | {
      readonly ok: true;
      /** -1 after an empty batch to no stream. */
      readonly revision: number;
      readonly position: bigint | undefined;
    }
  | WrongRevision
  | Deleted
  | { readonly ok: false; readonly reason: 'too-large'; readonly limit: number }
  | StorageFailure;

/** What became of a deletion. */
export type DeleteOutcome = { readonly ok: true; readonly position: bigint } | WrongRevision | Deleted | StorageFailure;

/** Fewer events than asked for only where there are no more. */
type StreamPage =
  | { readonly ok: true; readonly events: readonly StoredEvent[] }
  | { readonly ok: false; readonly reason: 'stream-not-found' }
  | Deleted
  | StorageFailure;

/** As {@link StreamPage}, of the whole log. */
type AllPage = { readonly ok: true; readonly events: readonly StoredEvent[] } | StorageFailure;

/** Revision under which a storage shows the event `$streamDeleted`; on the wire it is 2^63-1. */
export const tombstoneRevision: number = Number.MAX_SAFE_INTEGER;
