import type { JsonObject } from '#kernel/json.ts';

/**
 * The event log: append-only streams with revisions, and one order over all of them.
 *
 * Implementers must make every append atomic and durable before they answer, and must be idempotent for explicit
 * revisions: the same event ids at the same expected revision are a success that writes nothing. They must put a
 * timer of their own around every append. Deciding what to do about an outcome is the caller's job.
 */
export interface EventLog {
  /**
   * Appends all events or none. Data and metadata are JSON; an event's id is a UUID and means its content: repeating an id with
   * other data is the caller's fault and may be answered as success.
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<AppendResult>;

  /** One page of a stream. `from` is inclusive; without it reading begins at the start (forwards) or the end (backwards). */
  readStream(stream: string, options: ReadStreamOptions): Promise<ReadStreamResult>;

  /** One page over all streams in log order, system streams (names that begin with `$`) left out. `after` is exclusive. */
  readAll(options: ReadAllOptions): Promise<ReadAllResult>;

  /**
   * Everything after a position, then what comes, in log order, at least once per subscription and without gaps. Never ends by itself and never
   * throws for an outage: it reconnects from the last position it handed out, until `signal` is aborted. The next item
   * is fetched only when the consumer asks for it.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionItem>;

  /** The stream's metadata (`$maxAge` in seconds, `$maxCount`, `$tb`, own keys); an empty object where none was written. */
  readStreamMetadata(stream: string): Promise<ReadMetadataResult>;
  /** Replaces the stream's metadata; `expected` is the revision of the metadata itself. */
  writeStreamMetadata(stream: string, expected: ExpectedRevision, metadata: JsonObject): Promise<AppendResult>;

  /** Soft delete: the stream reads as not found and may be written again, numbering goes on. */
  deleteStream(stream: string, expected: ExpectedRevision): Promise<DeleteResult>;
  /** Deletes for ever: nothing can be written to that name again. */
  tombstoneStream(stream: string, expected: ExpectedRevision): Promise<DeleteResult>;

  /** Ends every subscription and releases what is held. */
  close(): Promise<void>;
}

/** Revision of the last event that the caller knows of (0-based), or that there is no stream. */
export type ExpectedRevision = number | 'no-stream';

/** An event to append. */
export interface NewEvent {
  /** UUID in lower case. */
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  /** Both as they are stored, where the caller made that already: an implementer may take it instead of serialising them once more. */
  readonly json?: EventJson;
}

/**
 * Metadata and data of one event as JSON (RFC 8259) in UTF-8, behind each other in a buffer that many events may share. They must say what `metadata`
 * and `data` say, and the buffer must never change.
 */
export interface EventJson {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Offset of the first byte of the metadata. */
  readonly start: number;
  /** Offset of the first byte of the data, behind the last of the metadata. */
  readonly middle: number;
  /** Offset behind the last byte of the data. */
  readonly end: number;
}

/**
 * A place in the order of the whole log: opaque, but comparable as a string (`<`), and the same for every reader of one log.
 */
export type LogPosition = string;

/** An event as it was stored. */
export interface RecordedEvent {
  readonly position: LogPosition;
  readonly stream: string;
  /** 0-based place in its stream. */
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  /** When the log wrote it, milliseconds since 1970 UTC. */
  readonly created: number;
}

export interface AppendOptions {
  /** Milliseconds until the outcome is given up as unknown (default 5,000). */
  readonly timeoutMs?: number;
}

/** Why the log could not answer; `detail` is for operators and never holds event content. */
export type LogFailure =
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'access-denied'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'stream-deleted'; readonly detail: string };

export type AppendResult =
  | {
      readonly ok: true /** Revision of the stream's last event after this append. */;
      readonly revision: number;
      readonly position: LogPosition | undefined;
    }
  | { readonly ok: false; readonly reason: 'wrong-expected-revision'; readonly actual: ExpectedRevision }
  | { readonly ok: false; readonly reason: 'too-large' /** Bytes that one append may hold. */; readonly limit: number }
  /** It may or may not have been written: repeat it with the same ids and the same expected revision. */
  | { readonly ok: false; readonly reason: 'unknown-outcome'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'invalid'; readonly detail: string }
  | LogFailure;

export interface ReadStreamOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly from?: number;
  readonly limit: number;
}

export type ReadStreamResult =
  | { readonly ok: true; readonly events: readonly RecordedEvent[] }
  | { readonly ok: false; readonly reason: 'stream-not-found' }
  | LogFailure;

export interface ReadAllOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly after?: LogPosition;
  readonly limit: number;
}

export type ReadAllResult = { readonly ok: true; readonly events: readonly RecordedEvent[] } | LogFailure;

export type ReadMetadataResult =
  | { readonly ok: true; readonly metadata: JsonObject; readonly revision: ExpectedRevision }
  | LogFailure;

export type DeleteResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'wrong-expected-revision'; readonly actual: ExpectedRevision }
  | { readonly ok: false; readonly reason: 'stream-not-found' }
  | { readonly ok: false; readonly reason: 'unknown-outcome'; readonly detail: string }
  | LogFailure;

/** Which events a subscription wants; without it all but those of system streams. */
export type SubscriptionFilter =
  | { readonly by: 'stream-prefix'; readonly prefixes: readonly string[] }
  | { readonly by: 'type-prefix'; readonly prefixes: readonly string[] };

export interface SubscribeOptions {
  /** Exclusive; without it from the first event. */
  readonly after?: LogPosition;
  readonly filter?: SubscriptionFilter;
  readonly signal: AbortSignal;
  /** Most events in one item (default 500). */
  readonly batchSize?: number;
  /** Told of every change of the connection, for probes and logs; must not throw. */
  readonly onState?: (state: SubscriptionState) => void;
}

export type SubscriptionState =
  | { readonly state: 'live' }
  | { readonly state: 'catching-up' }
  | { readonly state: 'down'; readonly detail: string };

export type SubscriptionItem =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  /** Everything up to here was looked at, though nothing matched the filter. */
  | { readonly kind: 'checkpoint'; readonly position: LogPosition }
  /** What was there at the start has been handed out; sent once per (re)connection. */
  | { readonly kind: 'caught-up' };
