/**
 * The engine beneath the embedded event log: raw bytes, system streams included, the idempotence of EventStoreDB 23.10.
 * The simulated EventStoreDB serves its protocol over this interface; everybody else uses the port (`event-log.ts`).
 *
 * Appends are atomic and on disk before they answer. Idempotence:
 * - explicit revision (`number`, `no-stream`) below the current one: the ids sent are compared with the ids stored there. All equal: success
 *   with the same revision and position and nothing is written; anything else: `wrong-expected-revision`. Works for ever.
 * - `any`, `stream-exists`: only a cache of the 100,000 to 200,000 ids written last by this process is consulted (the real server's holds
 *   about as many), beginning with its first append of this kind; after that, or after a restart, a repeat is written twice.
 * - Ids are compared per stream; data is never compared; the same id twice in one batch is accepted; an empty batch is a success.
 *
 * `$maxCount`, `$maxAge` (seconds) and `$tb` act on stream reads at once; `readAll` goes on showing everything. A soft delete is a `$tb` of
 * 2^63-1; the next append to the stream sets `$tb` to its first new revision. Streams `$$name` hold the metadata of `name`, JSON events of
 * type `$metadata`; reading one gives its last event.
 */
export interface LogEngine {
  /** All events or none. `too-large` counts the bytes of data of the whole call, as the real server does. */
  append(
    stream: string,
    expected: EngineExpectedRevision,
    events: readonly EngineNewEvent[],
  ): Promise<EngineAppendResult>;
  /** `from` is inclusive; without it reading begins at the start (forwards) or the end (backwards). */
  readStream(stream: string, options: EngineReadStreamOptions): Promise<EngineReadStreamResult>;
  /** `from` is inclusive; without it reading begins at the start (forwards) or the end (backwards). System streams are included. */
  readAll(options: EngineReadAllOptions): Promise<EngineReadAllResult>;
  /** Position of the last event of the log, 0 when there is none: the first event has position 1. */
  lastPosition(): Promise<{ readonly ok: true; readonly position: bigint } | EngineUnavailable>;
  streamState(stream: string): Promise<{ readonly ok: true; readonly state: EngineStreamState } | EngineUnavailable>;
  /**
   * Tells that something may have been appended, by this process (at once after the commit) or another one on the same file (within some
   * tens of milliseconds): read on from where you are. Told too often rather than too seldom. Returns the way to unsubscribe.
   */
  onAppended(listener: () => void): () => void;
  softDelete(stream: string, expected: EngineExpectedRevision): Promise<EngineDeleteResult>;
  /** Writes `$streamDeleted` with revision {@link tombstoneRevision}; the name can never be used again. */
  tombstone(stream: string, expected: EngineExpectedRevision): Promise<EngineDeleteResult>;
  /** Answers what is pending, then releases file and threads. */
  close(): Promise<void>;
}

/** Revision of the event `$streamDeleted` (the real server uses 2^63-1, which no number can hold). */
export const tombstoneRevision: number = Number.MAX_SAFE_INTEGER;

/** 0-based revision of the stream's last event, or a rule. */
export type EngineExpectedRevision = number | 'no-stream' | 'any' | 'stream-exists';

export type EngineContentType = 'application/json' | 'application/octet-stream';

export interface EngineNewEvent {
  /** UUID; stored in lower case. */
  readonly id: string;
  readonly type: string;
  readonly contentType: EngineContentType;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as it was stored. `data` and `metadata` are views into the buffer of their page: copy what is to be kept. */
export interface EngineEvent extends EngineNewEvent {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: number;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
}

/** The log could not answer (file locked for 4 s, disk full, thread gone) and nothing was written. */
export interface EngineUnavailable {
  readonly ok: false;
  readonly reason: 'unavailable';
  readonly detail: string;
}

/** It may or may not have been written: the commit itself failed, or the thread died over it. */
export interface EngineUnknownOutcome {
  readonly ok: false;
  readonly reason: 'unknown-outcome';
  readonly detail: string;
}

export interface EngineWrongRevision {
  readonly ok: false;
  readonly reason: 'wrong-expected-revision';
  /** Of a soft-deleted stream: the revision of its last event all the same. */
  readonly actual: number | 'no-stream';
}

export interface EngineStreamDeleted {
  readonly ok: false;
  readonly reason: 'stream-deleted';
}

/** The caller's fault: id that is no UUID, empty type, empty stream name or `$$`. */
export interface EngineInvalid {
  readonly ok: false;
  readonly reason: 'invalid';
  readonly detail: string;
}

export type EngineAppendResult =
  | {
      readonly ok: true;
      /** Of the stream's last event after this append (of a repeat: as it was then); -1 after an empty batch to no stream. */
      readonly revision: number;
      /** Of the last event of the append; undefined for an empty batch and for a repeat of events that were cut since. */
      readonly position: bigint | undefined;
    }
  | EngineWrongRevision
  | EngineStreamDeleted
  | { readonly ok: false; readonly reason: 'too-large'; readonly limit: number }
  | EngineInvalid
  | EngineUnknownOutcome
  | EngineUnavailable;

export type EngineDeleteResult =
  | { readonly ok: true; readonly position: bigint }
  | EngineWrongRevision
  | EngineStreamDeleted
  | EngineInvalid
  | EngineUnknownOutcome
  | EngineUnavailable;

export interface EngineReadStreamOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly from?: number;
  /** At least 1. */
  readonly limit: number;
}

export type EngineReadStreamResult =
  | {
      readonly ok: true;
      /** Fewer than `limit` only when there are no more in this direction. */
      readonly events: readonly EngineEvent[];
      /** Of the last event of the stream, read or not. */
      readonly lastRevision: number;
    }
  | { readonly ok: false; readonly reason: 'stream-not-found' }
  | EngineStreamDeleted
  | EngineUnavailable;

export interface EngineReadAllOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly from?: bigint;
  /** At least 1. */
  readonly limit: number;
}

export type EngineReadAllResult =
  | {
      readonly ok: true;
      /** Fewer than `limit` only when there are no more in this direction. */
      readonly events: readonly EngineEvent[];
    }
  | EngineUnavailable;

export interface EngineStreamState {
  /** `missing` also where only metadata was written. */
  readonly state: 'missing' | 'live' | 'soft-deleted' | 'tombstoned';
  /** Of the last event ever written, cut or not; -1 when there is none. */
  readonly revision: number;
  readonly maxCount: number | undefined;
  readonly maxAgeSeconds: number | undefined;
  readonly truncateBefore: number | undefined;
}
