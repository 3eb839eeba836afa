/** Status codes of gRPC. Source: "Status codes and their use in gRPC", grpc.io. */
export const grpcCode = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  unavailable: 14,
} as const;

/** Ends a call with a status. The vendor's clients make their error classes from `exception` and its companions in the trailers. */
export class RpcError extends Error {
  readonly code: number;
  readonly trailers: Readonly<Record<string, string>>;

  constructor(code: number, message: string, trailers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.trailers = trailers;
  }
}

/** The stream was deleted for ever. */
export function streamDeleted(stream: string): RpcError {
  return new RpcError(grpcCode.failedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

/** A delete at another revision than the stream has. @param actual revision of the stream's last event, -1 where there is none */
export function wrongExpectedVersion(operation: string, stream: string, expected: number, actual: number): RpcError {
  return new RpcError(
    grpcCode.failedPrecondition,
    `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );
}

/** @param limit bytes of data that one append may hold */
export function maxAppendSizeExceeded(limit: number): RpcError {
  return new RpcError(grpcCode.invalidArgument, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
}

/** An event comes without its type or its content type. */
export function missingProperty(name: string): RpcError {
  return new RpcError(grpcCode.invalidArgument, `Required Metadata Property '${name}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

/** What a server answers in its first second. */
export function notReady(): RpcError {
  return new RpcError(grpcCode.unavailable, 'Server Is Not Ready');
}

/** What a live subscription gets that cannot keep up: the vendor's client shows it as TimeoutError. */
export function tooSlow(): RpcError {
  return new RpcError(
    grpcCode.aborted,
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  );
}

/** What Append answers to anything that it cannot take; BatchAppend has an answer of its own. */
export function badRequest(detail: string): RpcError {
  return new RpcError(grpcCode.unknown, `Exception was thrown by handler. ${detail}`);
}
