import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createCommandTokens } from '#adapters/oidc/command-tokens.ts';
import type { Outbound, OutboundResult } from '#ports/outbound.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const issuer = `https://login.example/${tenant}/v2.0`;
const clientId = 'c0000000-0000-4000-8000-000000000003';
const client = '04b07795-0000-4000-8000-000000000001';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };

function setUp(reachable = true) {
  const answer = (body: object): OutboundResult => ({
    ...{ ok: true, status: 200, headers: { 'content-type': 'application/json' } },
    text: JSON.stringify(body),
  });
  const outbound: Outbound = {
    async request(url) {
      if (!reachable) return { ok: false, reason: 'network', detail: 'ECONNREFUSED', sent: false };
      if (url.endsWith('/keys')) return answer({ keys: [jwk] });
      return answer({
        ...{ issuer, jwks_uri: `https://login.example/${tenant}/keys` },
        ...{ token_endpoint: `https://login.example/${tenant}/token`, response_types_supported: ['code'] },
      });
    },
  };
  return createCommandTokens({
    ...{ issuer, tenant, clientId, client, scope: 'Watch.End', outbound },
    ...{ clock: { ...createHurriedClock(), now: Date.now }, ids: createSeededIds(3) },
  });
}

function token(more: Readonly<Record<string, unknown>> = {}, key = privateKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    ...{ iss: issuer, aud: clientId, tid: tenant, oid: 'O-1', name: 'Ada Administrator', roles: ['Administrator'] },
    ...{ azp: client, scp: 'Watch.End', ver: '2.0', iat: now, nbf: now, exp: now + 3600, ...more },
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(key);
}

describe('a token that a command brings', () => {
  it('says who sends it', async () => {
    expect(await setUp().person(await token())).toEqual({
      ok: true,
      person: { tenant, id: 'o-1', name: 'Ada Administrator', roles: ['Administrator'] },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://login.example/other/v2.0' }],
    ['for another application', { aud: 'c0000000-0000-4000-8000-000000000009' }],
    ['got by another program', { azp: 'c0000000-0000-4000-8000-000000000009' }],
    ['without a program', { azp: undefined }],
    ['with another scope', { scp: 'Watch.Ending User.Read' }],
    ['that is an id token: it has no scope', { scp: undefined }],
    ['of another tenant', { tid: '99999999-2222-4333-8444-555555555555' }],
    ['of nobody', { oid: undefined }],
    ['that has run out', { exp: Math.floor(Date.now() / 1000) - 600 }],
    ['that never runs out', { exp: undefined }],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 600 }],
  ])('%s is refused', async (_what, claims) => {
    expect(await setUp().person(await token(claims))).toMatchObject({ ok: false, reason: 'invalid' });
  });

  it('is refused where somebody else signed it, nobody did, or it is no token', async () => {
    const tokens = setUp();
    const [, payload = ''] = (await token()).split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const one of [await token({}, foreign), unsigned, 'a.b.c'])
      expect(await tokens.person(one)).toMatchObject({ ok: false, reason: 'invalid' });
  });

  it('is no proof while the identity provider is away, and that is said to be so', async () => {
    expect(await setUp(false).person(await token())).toMatchObject({ ok: false, reason: 'away' });
  });
});
