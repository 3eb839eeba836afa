import type {
  EngineAppendResult,
  EngineDeleteResult,
  EngineExpectedRevision,
  EngineStreamState,
} from '#adapters/sqlite/engine.ts';
import type { PackedEvents, PackedPage } from '#adapters/sqlite/packing.ts';
import type { SubscriptionFilter } from '#ports/event-log.ts';

/** What the threads of the embedded log say to each other. Every request has a number that its reply repeats. */
export type WriteRequest = AppendRequest | DeleteRequest;

export interface AppendRequest {
  readonly kind: 'append';
  readonly stream: string;
  readonly expected: EngineExpectedRevision;
  readonly events: PackedEvents;
  /** Milliseconds since 1970 UTC, from the caller's clock. */
  readonly now: number;
}

export interface DeleteRequest {
  readonly kind: 'soft-delete' | 'tombstone';
  readonly stream: string;
  readonly expected: EngineExpectedRevision;
  /** Id of the event that records it. */
  readonly eventId: string;
  readonly now: number;
}

export type WriteReply = EngineAppendResult | EngineDeleteResult;

export type ReadRequest =
  | ReadStreamRequest
  | ReadAllRequest
  | { readonly kind: 'last-position' }
  | { readonly kind: 'state'; readonly stream: string }
  /** Whether commits of other processes are to be looked for. */
  | { readonly kind: 'watch'; readonly on: boolean };

export interface ReadStreamRequest {
  readonly kind: 'stream';
  readonly stream: string;
  readonly direction: 'forwards' | 'backwards';
  readonly from: number | undefined;
  readonly limit: number;
  readonly now: number;
}

export interface ReadAllRequest {
  readonly kind: 'all';
  readonly direction: 'forwards' | 'backwards';
  /** Inclusive. */
  readonly from: number | undefined;
  readonly limit: number;
  /** A page ends once it holds as much; it never ends empty because of it. */
  readonly maxBytes: number;
  /** Most positions to look at when a filter is set. */
  readonly window: number;
  /** Leaves out streams that begin with `$` and the marks of tombstones. */
  readonly userEventsOnly: boolean;
  readonly filter: SubscriptionFilter | undefined;
}

export type ReadReply =
  | { readonly kind: 'page'; readonly page: PackedPage; readonly lastRevision: number }
  | {
      readonly kind: 'all';
      readonly page: PackedPage;
      /** Everything from the start of the request up to here (inclusive) was looked at. */
      readonly scannedTo: number;
      readonly end: boolean;
    }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'done' }
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'state'; readonly state: EngineStreamState }
  | { readonly kind: 'failed'; readonly detail: string };

/** From a thread to the one that started it. */
export type FromWorker<Reply> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed-to-open'; readonly detail: string }
  | { readonly kind: 'replies'; readonly replies: readonly (readonly [number, Reply])[] }
  /** Another process committed. */
  | { readonly kind: 'changed' };

export type ToWorker<Request> =
  | { readonly kind: 'request'; readonly number: number; readonly request: Request }
  | { readonly kind: 'close' };

/** What a thread is given when it starts. */
export interface LogFile {
  readonly file: string;
  /** How long an append may wait for the lock of other processes. */
  readonly lockTimeoutMs: number;
}
