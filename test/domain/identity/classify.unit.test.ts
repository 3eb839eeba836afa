import { describe, expect, it } from 'vitest';
import { classify } from '#domain/identity/classify.ts';
import type { IdentityTroubleKind } from '#domain/identity/trouble.ts';
import { identityTroubles } from '#domain/identity/trouble-table.ts';

const numbers: Readonly<Record<IdentityTroubleKind, readonly number[]>> = {
  'sign-in-again': [
    50072, 50074, 50076, 50079, 50078, 50089, 50132, 50133, 50173, 70000, 70008, 700082, 70043, 700020, 50055, 65001,
    70019, 90120, 50134,
  ],
  'admin-must-act': [
    53000, 53001, 53002, 53003, 530032, 530035, 50057, 50105, 90094, 700016, 70001, 7000112, 7000218, 9001023, 50194,
  ],
  'back-off': [50033, 50087, 90006, 90012, 90024, 90033, 90090, 90055, 70016],
  'our-fault': [50196, 70018],
};
const cases = Object.entries(numbers).flatMap(([kind, list]) => list.map((number) => ({ kind, number })));

describe('classifying a refusal of Entra', () => {
  it.each(cases)('knows that AADSTS$number is $kind, whatever OAuth says', ({ kind, number }) => {
    for (const error of ['invalid_grant', 'invalid_request', undefined]) {
      const refusal = { errorCodes: [number], httpStatus: 400, ...(error === undefined ? {} : { error }) };
      expect(classify(refusal)).toMatchObject({ kind, code: `AADSTS${number}` });
    }
  });

  it.each([
    [{ error: 'invalid_grant' }, 'sign-in-again', 'invalid_grant'],
    [{ error: 'interaction_required' }, 'sign-in-again', 'interaction_required'],
    [{ error: 'invalid_request' }, 'our-fault', 'invalid_request'],
    [{ error: 'unauthorized_client' }, 'admin-must-act', 'unauthorized_client'],
    [{ error: 'temporarily_unavailable', httpStatus: 503 }, 'back-off', 'service-unavailable'],
    [{ error: 'invalid_grant', httpStatus: 503 }, 'back-off', 'service-unavailable'],
    [{ error: 'invalid_client', httpStatus: 429 }, 'back-off', 'throttled'],
    [{ httpStatus: 502 }, 'back-off', 'service-unavailable'],
    [{ error: 'invalid_request', suberror: 'bad_token' }, 'sign-in-again', 'bad_token'],
    [{ error: 'invalid_request', claims: '{"access_token":{}}' }, 'sign-in-again', 'interaction_required'],
    [{ error: 'something_new' }, 'back-off', 'something_new'],
    [{}, 'back-off', 'unknown'],
  ] as const)('falls back from AADSTS to what else is known: %j', (refusal, kind, code) => {
    expect(classify(refusal)).toMatchObject({ kind, code });
  });

  it('judges an unknown number by the rest and still names it', () => {
    expect(classify({ error: 'invalid_grant', errorCodes: [987654] })).toMatchObject({
      kind: 'sign-in-again',
      code: 'AADSTS987654',
    });
  });

  it('takes the first number that it knows', () => {
    expect(classify({ errorCodes: [987654, 53003, 50076] })).toMatchObject({ code: 'AADSTS53003' });
  });

  it('tells for 53003 where the policy is found and both ways out', () => {
    const { what, next } = classify({ error: 'access_denied', errorCodes: [53003] });
    expect(what).toContain('Conditional Access');
    expect(next).toContain('Sign-in logs');
    expect(next).toContain('Conditional Access tab');
    expect(next).toContain('Authentication protocol = device code');
    expect(next).toContain('Exclude only the service account');
    expect(next).toContain('sign in by browser');
  });

  it('passes on how long to wait and the ids for a support case', () => {
    const correlationId = '6f1c2d3e-0000-4000-8000-000000000001';
    expect(classify({ httpStatus: 429, retryAfterMs: 17_000, correlationId, traceId: 'abcd-1234' })).toMatchObject({
      retryAfterMs: 17_000,
      correlationId,
      traceId: 'abcd-1234',
    });
  });

  it('lets nothing through that only pretends to be a code or an id', () => {
    const canary = 'anna@contoso.example said 0.AXsecret';
    const text = JSON.stringify(
      classify({ error: canary, suberror: canary, claims: canary, correlationId: canary, traceId: canary }),
    );
    expect(text).not.toContain('contoso');
    expect(text).not.toContain('0.AX');
  });

  it('has each code once, and full sentences for each', () => {
    const codes = identityTroubles.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { what, next } of identityTroubles) {
      expect(what).toMatch(/^[A-Z].*\.$/);
      expect(next).toMatch(/^[A-Z].*\.$/);
    }
  });
});
