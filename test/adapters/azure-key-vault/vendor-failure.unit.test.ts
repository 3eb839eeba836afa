import { describe, expect, it } from 'vitest';
import { vendorFailure } from '#adapters/azure-key-vault/vendor-failure.ts';

const rest = (statusCode: number, code: string, headers: Record<string, string> = {}) => ({
  name: 'RestError',
  statusCode,
  code,
  message: 'https://st.blob.core.windows.net/c?sig=Quohzaivee Bearer Quohzaivee',
  request: { headers: { authorization: 'Bearer Quohzaivee' } },
  response: { headers: { get: (name: string) => headers[name] }, bodyAsText: 'Quohzaivee' },
});

describe('what the vendor throws', () => {
  it.each([
    [rest(304, 'ConditionNotMet'), 'unchanged'],
    [rest(404, 'BlobNotFound'), 'not-found'],
    [rest(409, 'BlobAlreadyExists'), 'conflict'],
    [rest(412, 'ConditionNotMet'), 'conflict'],
    [rest(429, 'Throttled'), 'throttled'],
    [rest(503, 'ServerBusy'), 'throttled'],
    [rest(503, 'ServiceUnavailable'), 'unavailable'],
    [rest(500, 'InternalError'), 'unavailable'],
    [rest(408, 'Timeout'), 'unavailable'],
    [rest(401, 'Unauthorized'), 'access-denied'],
    [rest(403, 'Forbidden'), 'access-denied'],
    [rest(400, 'BadParameter'), 'refused'],
    [{ name: 'CredentialUnavailableError' }, 'access-denied'],
    [{ name: 'TimeoutError' }, 'unavailable'],
    [undefined, 'unavailable'],
    ['text', 'unavailable'],
  ])('is one of few kinds: %#', (error, kind) => {
    expect(vendorFailure(error).kind).toBe(kind);
  });

  it('shows status, code and name, and nothing that may hold a token', () => {
    expect(vendorFailure(rest(403, 'Forbidden')).detail).toBe('403 Forbidden RestError');
    for (const error of [rest(500, 'x?sig=Quohzaivee'), { name: 'Bearer Quohzaivee' }, new Error('Quohzaivee')]) {
      expect(JSON.stringify(vendorFailure(error))).not.toContain('Quohzaivee');
    }
  });

  it('says how long a service asks to wait, never for longer than five minutes', () => {
    expect(vendorFailure(rest(429, 'Throttled', { 'retry-after': '7' }))).toMatchObject({
      retryAfterMs: 7_000,
      detail: 'throttled: 429 Throttled RestError; asks to wait 7 s',
    });
    expect(vendorFailure(rest(429, 'Throttled', { 'retry-after': '86400' })).retryAfterMs).toBe(300_000);
    expect(vendorFailure(rest(429, 'Throttled')).retryAfterMs).toBeUndefined();
    expect(vendorFailure(rest(429, 'Throttled', { 'retry-after': 'soon' })).retryAfterMs).toBeUndefined();
  });
});
