import type { DeleteResult, ExpectedRevision, LogFailure } from '#ports/event-log.ts';

/**
 * The one door through which errors of the vendor's client come in. They are told apart by `type`, which its error classes have, else by the
 * gRPC `code`: the client also throws plain errors. Texts are the server's and grpc-js's, as seen with EventStoreDB 23.10 and client 6.2.1.
 */
export type VendorFailure =
  | { readonly kind: 'wrong-expected-revision'; readonly actual: ExpectedRevision }
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'stream-not-found' }
  | { readonly kind: 'stream-deleted'; readonly detail: string }
  | { readonly kind: 'access-denied'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly detail: string }
  /** The server ended a live subscription because a burst outran its buffer: normal, resubscribe at once. */
  | { readonly kind: 'too-slow' }
  /** Nothing reached the server, or it refused to begin. */
  | { readonly kind: 'not-done'; readonly detail: string }
  /** Anything else, the server may have done it. */
  | { readonly kind: 'unclear'; readonly detail: string };

/** What every server before 25.1 takes in one append; for refusals that do not say. */
const leastAppendLimit = 1_048_576;

/** Names what an error of the vendor's client means. Never throws; `detail` holds no event content. */
export function classify(error: unknown): VendorFailure {
  const { type, code, message, raw } = partsOf(error);
  const detail = describe(type, code, message);
  switch (type) {
    case 'wrong-expected-version':
      return { kind: 'wrong-expected-revision', actual: actualRevision(raw['actualVersion']) };
    case 'maximum-append-size-exceeded':
      return { kind: 'too-large', limit: sizeLimit(raw['maxAppendSize']) };
    case 'stream-not-found':
      return { kind: 'stream-not-found' };
    case 'stream-deleted':
      return { kind: 'stream-deleted', detail };
    case 'access-denied':
      return { kind: 'access-denied', detail };
    case 'invalid-argument':
    case 'missing-required-metadata-property':
      return { kind: 'invalid', detail };
    case 'not-leader':
      return { kind: 'not-done', detail };
    case 'timeout':
      return message.includes('Consumer too slow') ? { kind: 'too-slow' } : { kind: 'unclear', detail };
  }
  if (neverBegun.some((text) => message.includes(text))) return { kind: 'not-done', detail };
  if (code === grpc.invalidArgument || message.includes('BadRequest')) return { kind: 'invalid', detail };
  if (code === grpc.permissionDenied || code === grpc.unauthenticated) return { kind: 'access-denied', detail };
  if (code === grpc.resourceExhausted && message.includes('exceeds the maximum')) {
    return { kind: 'too-large', limit: leastAppendLimit };
  }
  return { kind: 'unclear', detail };
}

/** What a failure means where nothing was to be changed, so that it does not matter how far it came. */
export function readFailure(failure: VendorFailure): LogFailure {
  switch (failure.kind) {
    case 'stream-deleted':
    case 'access-denied':
      return { ok: false, reason: failure.kind, detail: failure.detail };
    default:
      return { ok: false, reason: 'unavailable', detail: 'detail' in failure ? failure.detail : failure.kind };
  }
}

/** What a failure means for a change that does not append; an unsuitable revision is answered by the caller, who must look. */
export function deleteFailure(failure: VendorFailure): DeleteResult {
  switch (failure.kind) {
    case 'wrong-expected-revision':
      return { ok: false, reason: failure.kind, actual: failure.actual };
    case 'stream-not-found':
      return { ok: false, reason: failure.kind };
    case 'unclear':
      return { ok: false, reason: 'unknown-outcome', detail: failure.detail };
    default:
      return readFailure(failure);
  }
}

const grpc = { invalidArgument: 3, permissionDenied: 7, resourceExhausted: 8, unauthenticated: 16 } as const;

/** Texts of failures that come before a request leaves, or with which a server refuses to begin. */
const neverBegun = [
  'Server Is Not Ready',
  'Server Is Too Busy',
  'Server Is Busy',
  'No connection established',
  'Name resolution failed',
  'Failed to discover',
  'Channel closed before call started',
  'Channel has been shut down',
  'Channel has been closed',
  'Stream refused by server',
];

function partsOf(error: unknown): {
  readonly type: string;
  readonly code: number | undefined;
  readonly message: string;
  readonly raw: Readonly<Record<string, unknown>>;
} {
  const raw = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  return {
    type: typeof raw['type'] === 'string' ? raw['type'] : '',
    code: typeof raw['code'] === 'number' ? raw['code'] : undefined,
    message: typeof raw['message'] === 'string' ? raw['message'] : String(error),
    raw,
  };
}

function describe(type: string, code: number | undefined, message: string): string {
  const names = [type, message].filter((part) => part !== '').join(': ');
  return names === '' ? `gRPC status ${code ?? 'unknown'}` : names.slice(0, 300);
}

function actualRevision(actual: unknown): ExpectedRevision {
  return typeof actual === 'bigint' && actual >= 0n ? Number(actual) : 'no-stream';
}

function sizeLimit(limit: unknown): number {
  return typeof limit === 'number' && Number.isFinite(limit) ? limit : leastAppendLimit;
}
