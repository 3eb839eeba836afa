import { MessagingError } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import { classifyError } from '#adapters/event-hubs/errors.ts';

function messagingError(code: string, message = 'something'): MessagingError {
  const error = new MessagingError(message);
  error.code = code;
  return error;
}

describe('classifyError', () => {
  it.each([
    ['ReceiverDisconnectedError', 'ownership-lost'],
    ['ArgumentOutOfRangeError', 'position-invalid'],
    ['MessagingEntityNotFoundError', 'not-found'],
    ['UnauthorizedError', 'access-denied'],
    ['ServerBusyError', 'throttled'],
    ['QuotaExceededError', 'throttled'],
    ['MessageTooLargeError', 'too-large'],
    ['SenderBusyError', 'not-connected'],
    ['ECONNREFUSED', 'not-connected'],
    ['OperationTimeoutError', 'timeout'],
    ['ServiceUnavailableError', 'timeout'],
    ['DetachForcedError', 'unavailable'],
    ['NeverHeardOfError', 'unavailable'],
  ])('takes %s for %s', (code, kind) => {
    expect(classifyError(messagingError(code)).kind).toBe(kind);
  });

  it.each([
    ['AuthenticationError', 'access-denied'],
    ['CredentialUnavailableError', 'access-denied'],
    ['AbortError', 'aborted'],
  ])('takes an error named %s for %s', (name, kind) => {
    expect(classifyError(Object.assign(new Error('no'), { name })).kind).toBe(kind);
  });

  it('knows positions that a service refuses without a code that the client knows', () => {
    const message = "The supplied sequence number '9' is invalid. The last sequence number in the system is '3'";
    expect(classifyError(messagingError('ArgumentError', message)).kind).toBe('position-invalid');
  });

  it('leaves the outcome open when one of several attempts did', () => {
    const attempts = [messagingError('OperationTimeoutError'), messagingError('ServerBusyError')];
    expect(classifyError(new AggregateError(attempts)).kind).toBe('timeout');
    expect(classifyError(new AggregateError(attempts.slice(1))).kind).toBe('throttled');
  });

  it.each([undefined, null, 'text', 7, {}, { code: 3 }, new AggregateError([])])('copes with %j', (thrown) => {
    expect(classifyError(thrown).kind).toBe('unavailable');
  });

  it('tells no keys and no tokens', () => {
    const secrets =
      'Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=TOPSECRET=;EntityPath=h https://a/?sv=1&sig=TOPSECRET eyJhbGciOi.TOPSECRET.TOPSECRET';
    expect(classifyError(new TypeError(secrets)).detail).not.toContain('TOPSECRET');
  });
});
