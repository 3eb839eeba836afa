/** The one door for what `@azure/storage-blob` and the credentials throw. */
export interface BlobFailure {
  readonly reason: 'not-found' | 'unavailable' | 'access-denied';
  /** For operators: status and error code, never a URL (it may carry a SAS token) or content. */
  readonly detail: string;
}

const credentialErrors = new Set([
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);

/** Never throws, whatever it is given. Status and error codes: "Blob service error codes" on learn.microsoft.com. */
export function classifyBlobError(error: unknown): BlobFailure {
  const status = member(error, 'statusCode');
  const code = text(member(error, 'code')) || text(member(member(error, 'details'), 'errorCode'));
  const name = text(member(error, 'name'));
  const detail = [typeof status === 'number' ? String(status) : '', code, name].filter((part) => part !== '').join(' ');
  if (status === 404 || (status === 400 && code === 'InvalidUri')) return { reason: 'not-found', detail };
  if (status === 401 || status === 403 || credentialErrors.has(name)) return { reason: 'access-denied', detail };
  return { reason: 'unavailable', detail: detail === '' ? 'unknown error' : detail };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
