import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { appendFailure } from '#adapters/eventstoredb/append.ts';
import { classify, deleteFailure, readFailure } from '#adapters/eventstoredb/errors.ts';

const grpcError = (code: number, details: string): ServiceError =>
  Object.assign(new Error(`${code} STATUS: ${details}`), { code, details, metadata: new Metadata() });

const wrongVersion = (current: bigint | 'no_stream') =>
  new WrongExpectedVersionError(undefined as never, { streamName: 's', current, expected: 7n });

const appends: readonly (readonly [string, unknown, object])[] = [
  ['a stream that is elsewhere', wrongVersion(3n), { reason: 'wrong-expected-revision', actual: 3 }],
  ['a stream that is not there', wrongVersion('no_stream'), { reason: 'wrong-expected-revision', actual: 'no-stream' }],
  ['the revision -1', wrongVersion(-1n), { reason: 'wrong-expected-revision', actual: 'no-stream' }],
  ['too many bytes', MaxAppendSizeExceededError.fromMaxAppendSize(4_096), { reason: 'too-large', limit: 4_096 }],
  [
    'a message that gRPC itself refuses',
    new UnknownError(grpcError(8, 'Received message exceeds the maximum configured message size.')),
    { reason: 'too-large', limit: 1_048_576 },
  ],
  ['a tombstone', StreamDeletedError.fromStreamName('s'), { reason: 'stream-deleted' }],
  ['missing rights', new AccessDeniedError(grpcError(7, 'Access Denied')), { reason: 'access-denied' }],
  ['a wrong password', new AccessDeniedError(grpcError(16, 'Unauthenticated')), { reason: 'access-denied' }],
  ['an argument that cannot be', new UnknownError(grpcError(3, 'not valid')), { reason: 'invalid' }],
  ['a bad request', new UnknownError(undefined, 'Could not recognize BadRequest'), { reason: 'invalid' }],
  [
    'a server in its first second',
    new UnavailableError(grpcError(14, 'Server Is Not Ready')),
    { reason: 'unavailable' },
  ],
  [
    'the same on the batch path',
    new UnknownError(undefined, 'Could not recognize Server Is Not Ready'),
    { reason: 'unavailable' },
  ],
  [
    'a port where nobody listens',
    new UnavailableError(grpcError(14, 'No connection established. Last error: Error: connect ECONNREFUSED')),
    { reason: 'unavailable' },
  ],
  [
    'the same as a plain error',
    Object.assign(new Error('14 UNAVAILABLE: No connection established. Last error: null'), { code: 14 }),
    { reason: 'unavailable' },
  ],
  ['a cluster nobody finds', new Error('Failed to discover after 10 attempts.'), { reason: 'unavailable' }],
  ['a closed channel', new Error('Channel has been shut down'), { reason: 'unavailable' }],
  ['a connection that broke', new UnavailableError(grpcError(14, 'Connection dropped')), { reason: 'unknown-outcome' }],
  [
    'a plain error with code 14',
    Object.assign(new Error('read ECONNRESET'), { code: 14 }),
    { reason: 'unknown-outcome' },
  ],
  ['a passed deadline', new DeadlineExceededError(grpcError(4, 'Deadline exceeded')), { reason: 'unknown-outcome' }],
  ['a timeout of the server', new TimeoutError(grpcError(10, 'Operation timed out')), { reason: 'unknown-outcome' }],
  ['a server that stops', new CancelledError(grpcError(1, 'Cancelled')), { reason: 'unknown-outcome' }],
  ['a call that ended without an answer', new UnknownError(grpcError(12, 'no message')), { reason: 'unknown-outcome' }],
  ['something else', new RangeError('surprise'), { reason: 'unknown-outcome' }],
  ['what is no error', 'text', { reason: 'unknown-outcome' }],
  ['nothing', undefined, { reason: 'unknown-outcome' }],
];

describe('an append that fails because of', () => {
  it.each(appends)('%s', (_name, error, expected) => {
    expect(appendFailure(classify(error))).toMatchObject({ ok: false, ...expected });
  });
});

describe('a read that fails', () => {
  it.each([
    [
      'is unavailable whatever the server did',
      new UnavailableError(grpcError(14, 'Connection dropped')),
      'unavailable',
    ],
    ['says that it may not', new AccessDeniedError(grpcError(7, 'Access Denied')), 'access-denied'],
    ['says that the stream is gone for ever', StreamDeletedError.fromStreamName('s'), 'stream-deleted'],
  ])('%s', (_name, error, reason) => {
    expect(readFailure(classify(error))).toMatchObject({ ok: false, reason });
  });

  it('is told from a stream that is not there', () => {
    expect(classify(new StreamNotFoundError(null as never, 's'))).toEqual({ kind: 'stream-not-found' });
  });
});

it('takes a subscription that could not keep up for no fault', () => {
  const detail = 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.';
  expect(classify(new TimeoutError(grpcError(10, detail)))).toEqual({ kind: 'too-slow' });
});

it('does not know whether a stream was deleted when the connection broke', () => {
  expect(deleteFailure(classify(new UnavailableError(grpcError(14, 'Connection dropped'))))).toMatchObject({
    reason: 'unknown-outcome',
  });
});
