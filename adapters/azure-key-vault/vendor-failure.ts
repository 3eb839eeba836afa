/** What the vendor's clients and credentials throw, reduced to what matters and is no secret. */
export interface VendorFailure {
  readonly kind:
    | 'not-found'
    /** What was asked for is as the caller knows it. */
    | 'unchanged'
    /** A condition was not met: somebody else was first. */
    | 'conflict'
    | 'throttled'
    | 'access-denied'
    /** The other side says that the request itself is wrong. */
    | 'refused'
    /** No answer, an answer too late, or an error of the other side: what was asked may have been done. */
    | 'unavailable';
  /** Service's own code, such as `BlobNotFound`; empty without one. */
  readonly code: string;
  /** How long the service asks to wait. */
  readonly retryAfterMs?: number;
  /** For operators: status, code and error name; never an address (it may carry a SAS token), a header, a body or a message. */
  readonly detail: string;
}

const credentialErrors = new Set([
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);

/** Never throws, whatever it is given. Codes: "Blob service error codes", "Authentication, requests and responses" (Key Vault). */
export function vendorFailure(error: unknown): VendorFailure {
  const status = Number(member(error, 'statusCode') ?? 0);
  const name = text(member(error, 'name'));
  const code = text(member(member(error, 'details'), 'errorCode')) || text(member(error, 'code'));
  const retryAfterMs = status === 429 || status === 503 ? retryAfter(error) : undefined;
  const kind = kindOf(status, name, code);
  const parts = [status === 0 ? '' : String(status), code, name === code ? '' : name].filter((part) => part !== '');
  const wait = retryAfterMs === undefined ? '' : `; asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
  const shown = parts.length === 0 ? 'unknown error' : parts.join(' ');
  const detail = `${kind === 'throttled' ? 'throttled: ' : ''}${shown}${wait}`;
  return { kind, code, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function kindOf(status: number, name: string, code: string): VendorFailure['kind'] {
  if (status === 304) return 'unchanged';
  if (status === 404) return 'not-found';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 429 || (status === 503 && code === 'ServerBusy')) return 'throttled';
  if (status === 401 || status === 403 || credentialErrors.has(name)) return 'access-denied';
  if (status >= 400 && status < 500 && status !== 408) return 'refused';
  return 'unavailable';
}

/** Seconds or a date (RFC 9110 section 10.2.3); bounded, as nobody waits for hours because of a header. */
function retryAfter(error: unknown): number | undefined {
  const headers = member(member(error, 'response'), 'headers');
  const get = member(headers, 'get');
  if (typeof get !== 'function') return undefined;
  const seconds = Number(get.call(headers, 'retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) * 1000 : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Codes and names are words; anything else could be text from elsewhere. */
function text(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,80}$/.test(value) ? value : '';
}
