import { describe, expect, it } from 'vitest';
import { bodyOf, refusalOf, refusalOfSilence } from '#adapters/entra/answer.ts';
import type { OutboundResponse } from '#ports/outbound.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const answer = (body: object, headers: Record<string, string> = {}): OutboundResponse => ({
  ok: true,
  status: 400,
  headers,
  text: JSON.stringify(body),
});
const refusal = (body: object, headers?: Record<string, string>) => {
  const given = answer(body, headers);
  return refusalOf(given, bodyOf(given), now);
};

describe('a refusal of Entra', () => {
  it('is read with everything that tells who has to act', () => {
    expect(
      refusal({
        error: 'invalid_grant',
        error_description: 'AADSTS50076: anna@contoso.example has to …',
        error_codes: [50076],
        suberror: 'basic_action',
        claims: '{}',
        trace_id: 'trace',
        correlation_id: 'correlation',
      }),
    ).toEqual({
      httpStatus: 400,
      error: 'invalid_grant',
      errorCodes: [50076],
      suberror: 'basic_action',
      claims: '{}',
      traceId: 'trace',
      correlationId: 'correlation',
    });
  });

  it('is read from the description where the numbers are missing', () => {
    expect(refusal({ error_description: 'AADSTS53003: blocked. AADSTS9: no. Trace ID: 1234' })).toMatchObject({
      errorCodes: [53003],
    });
  });

  it.each([
    ['17', 17_000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('says how long to wait: %s', (header, expected) => {
    expect(refusal({}, { 'retry-after': header }).retryAfterMs).toBe(expected);
  });

  it('counts a moment to wait for from the clock that named it', () => {
    const headers = { 'retry-after': 'Sun, 01 Mar 2026 15:00:30 GMT', date: 'Sun, 01 Mar 2026 15:00:00 GMT' };
    expect(refusal({}, headers).retryAfterMs).toBe(30_000);
  });

  it.each(['', 'null', '[1]', '"text"', '<html>', '{"error":'])('is empty where the body is %s', (text) => {
    expect(bodyOf({ ok: true, status: 502, headers: {}, text })).toEqual({});
  });

  it('drops fields of other types', () => {
    expect(refusal({ error: 5, error_codes: ['x', 1.5], suberror: {}, claims: [] })).toEqual({
      httpStatus: 400,
      errorCodes: [],
    });
  });
});

describe('no answer', () => {
  it.each([
    ['aborted', true, 'cancelled'],
    ['aborted', false, 'timeout'],
    ['too-large', false, 'bad-answer'],
    ['refused', false, 'refused'],
    ['network', false, 'network'],
    ['timeout', false, 'timeout'],
  ] as const)('that is %s (cancelled: %s) means %s', (reason, cancelled, error) => {
    expect(refusalOfSilence({ ok: false, reason, detail: '', sent: false }, cancelled)).toEqual({ error });
  });
});
