/**
 * The one door for what `@azure/event-hubs` and the credentials throw: everything becomes one of these kinds.
 * Codes: `ConditionErrorNameMapper` of `@azure/core-amqp`; "Azure Event Hubs - AMQP errors" on learn.microsoft.com.
 */
export interface EventHubsFailure {
  readonly kind: EventHubsFailureKind;
  /** For operators: code and message without keys, tokens or content. */
  readonly detail: string;
}

export type EventHubsFailureKind =
  /** Another receiver with the same or a higher owner level has the partition. */
  | 'ownership-lost'
  /** The position asked for does not exist in this partition. */
  | 'position-invalid'
  | 'not-found'
  | 'access-denied'
  /** The service asks for patience (ServerBusy, quota): nothing was done. */
  | 'throttled'
  | 'too-large'
  /** We did not get as far as asking: nothing was done. */
  | 'not-connected'
  /** No answer in time: it may or may not have been done. */
  | 'timeout'
  | 'aborted'
  /** Anything else: it may or may not have been done. */
  | 'unavailable';

const byCode: Readonly<Record<string, EventHubsFailureKind>> = {
  ReceiverDisconnectedError: 'ownership-lost',
  ArgumentOutOfRangeError: 'position-invalid',
  MessagingEntityNotFoundError: 'not-found',
  MessagingEntityDisabledError: 'not-found',
  UnauthorizedError: 'access-denied',
  PublisherRevokedError: 'access-denied',
  ServerBusyError: 'throttled',
  QuotaExceededError: 'throttled',
  MessageTooLargeError: 'too-large',
  SenderBusyError: 'not-connected',
  SenderNotReadyError: 'not-connected',
  InsufficientCreditError: 'not-connected',
  ECONNREFUSED: 'not-connected',
  ENOTFOUND: 'not-connected',
  EAI_AGAIN: 'not-connected',
  ENETUNREACH: 'not-connected',
  EHOSTUNREACH: 'not-connected',
  OperationTimeoutError: 'timeout',
  ServiceUnavailableError: 'timeout',
  AbortError: 'aborted',
  // @azure/identity
  AuthenticationError: 'access-denied',
  AuthenticationRequiredError: 'access-denied',
  CredentialUnavailableError: 'access-denied',
  AggregateAuthenticationError: 'access-denied',
};

/** Never throws, whatever it is given. */
export function classifyError(error: unknown): EventHubsFailure {
  if (error instanceof AggregateError && error.errors.length > 0 && !(error.name in byCode))
    return classifyAll(error.errors);
  const { code, name, message } = fields(error);
  const kind = byCode[code] ?? byCode[name] ?? byText(message);
  const label = code !== '' ? code : name;
  return { kind, detail: redact(label === '' ? message : `${label}: ${message}`) };
}

/** Several attempts failed: the last word counts, unless one of them leaves the outcome open. */
function classifyAll(errors: readonly unknown[]): EventHubsFailure {
  const failures = errors.map(classifyError);
  const open = failures.find((failure) => failure.kind === 'timeout' || failure.kind === 'unavailable');
  return open ?? failures[failures.length - 1] ?? { kind: 'unavailable', detail: 'unknown' };
}

/** Some rejections come without a code that the client knows. */
function byText(message: string): EventHubsFailureKind {
  if (/\b(status-code: 401|status-code: 403|unauthorized|unauthorised)\b/i.test(message)) return 'access-denied';
  if (/\bsupplied sequence number\b.*\binvalid\b|\bsupplied offset\b.*\binvalid\b/i.test(message))
    return 'position-invalid';
  return 'unavailable';
}

function fields(error: unknown): { code: string; name: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', name: '', message: String(error) };
  const text = (key: string): string => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? value : '';
  };
  return { code: text('code'), name: text('name'), message: text('message') };
}

/** A text without keys and tokens, not longer than 500 characters: errors of the clients quote connection strings and URLs. */
export function redact(text: string): string {
  return text
    .replaceAll(/(SharedAccessKey|SharedAccessSignature|sig)=[^;&"'\s]+/gi, '$1=[redacted]')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[redacted]')
    .slice(0, 500);
}
