import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { ClientProof } from '#adapters/oidc/client-proof.ts';
import { createSignInProvider } from '#adapters/oidc/sign-in-provider.ts';
import type { Outbound, OutboundRequest, OutboundResult } from '#ports/outbound.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const authority = `https://login.example/${tenant}`;
const issuer = `${authority}/v2.0`;
const clientId = 'c0000000-0000-4000-8000-000000000003';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };

interface Answers {
  metadata: object;
  claims: Record<string, unknown>;
  key: typeof privateKey;
  alg: string;
  /** Requests that fail first. */
  failures: OutboundResult[];
}

/** A provider that says whatever a test wants it to say, under the port that the real one is reached by. */
function setUp(proof: ClientProof = { kind: 'secret', secret: 'hush-hush' }) {
  const answers: Answers = {
    metadata: {
      issuer,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
    claims: {},
    key: privateKey,
    alg: 'RS256',
    failures: [],
  };
  const requests: (OutboundRequest & { readonly url: string })[] = [];
  let nonce = '';
  const ok = (body: unknown): OutboundResult => ({
    ok: true,
    status: 200,
    headers: { 'content-type': 'application/json' },
    text: JSON.stringify(body),
  });
  const outbound: Outbound = {
    async request(url, request = {}) {
      requests.push({ url, ...request });
      const failure = answers.failures.shift();
      if (failure !== undefined) return failure;
      if (url.endsWith('/openid-configuration')) return ok(answers.metadata);
      if (url.endsWith('/keys')) return ok({ keys: [jwk] });
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...{ iss: issuer, aud: clientId, sub: 's', tid: tenant, oid: 'O-1', name: 'Rae Responder', nonce },
        ...{ iat: now, nbf: now, exp: now + 3600, roles: ['Responder'] },
        ...answers.claims,
      };
      const token = await new SignJWT(claims).setProtectedHeader({ alg: answers.alg, kid: 'k1' }).sign(answers.key);
      return ok({ token_type: 'Bearer', access_token: 'access-token-secret', expires_in: 3600, id_token: token });
    },
  };
  const provider = createSignInProvider({
    ...{ issuer, tenant, clientId, proof, outbound },
    clock: createHurriedClock(),
    ids: createSeededIds(3),
  });
  const run = async (change: (callback: URL) => void = () => {}) => {
    const begun = await provider.begin('https://desk.example/signed-in', false);
    if (!begun.ok) return begun;
    nonce = begun.transaction.nonce;
    const callback = new URL(`https://desk.example/signed-in?code=c1&state=${begun.transaction.state}`);
    change(callback);
    return provider.finish(callback, begun.transaction);
  };
  return { answers, requests, provider, run };
}
const away: OutboundResult = { ok: false, reason: 'network', detail: 'login.example: ECONNREFUSED', sent: false };

describe('an id token', () => {
  it('says who somebody is', async () => {
    const { run } = setUp();
    expect(await run()).toEqual({
      ok: true,
      person: { tenant, id: 'o-1', name: 'Rae Responder', roles: ['Responder'] },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://login.example/99999999-2222-4333-8444-555555555555/v2.0' }],
    ['for another application', { aud: 'c0000000-0000-4000-8000-000000000009' }],
    ['for several applications', { aud: [clientId, 'another'], azp: clientId }],
    ['with another nonce', { nonce: 'another' }],
    ['without a nonce', { nonce: undefined }],
    ['that has run out', { exp: Math.floor(Date.now() / 1000) - 600 }],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 600 }],
    ['of another tenant', { tid: '99999999-2222-4333-8444-555555555555' }],
    ['of nobody', { oid: undefined }],
  ])('%s is refused', async (_what, claims) => {
    const { answers, run } = setUp();
    answers.claims = claims;
    expect(await run()).toMatchObject({ ok: false, reason: 'invalid' });
  });

  it('that somebody else signed is refused, though it came over TLS', async () => {
    const { answers, run } = setUp();
    answers.key = foreign;
    expect(await run()).toMatchObject({ ok: false, reason: 'invalid' });
  });

  it('cannot make a name into more than a name, or a role of what is none', async () => {
    const { answers, run } = setUp();
    answers.claims = { name: ` Rae\u202e\n<b>${'x'.repeat(300)}`, roles: ['Responder', 7, null, { a: 1 }] };
    const done = await run();
    expect(done).toMatchObject({ ok: true, person: { roles: ['Responder'] } });
    expect(done.ok && 'person' in done && done.person.name).toMatch(/^Rae<b>x{1,114}$/);
    answers.claims = { name: undefined, preferred_username: 'rae@contoso.example', roles: 'Administrator' };
    expect(await run()).toMatchObject({ ok: true, person: { name: 'rae@contoso.example', roles: [] } });
  });
});

describe('what the browser brings back', () => {
  it.each<[string, (callback: URL) => void]>([
    ['another state', (callback) => callback.searchParams.set('state', 'another')],
    ['no state', (callback) => callback.searchParams.delete('state')],
    ['another issuer (RFC 9207)', (callback) => callback.searchParams.set('iss', 'https://evil.example')],
    ['an id token instead of a code', (callback) => callback.searchParams.set('id_token', 'x')],
  ])('with %s is refused before anything is sent', async (_what, change) => {
    const { requests, run } = setUp();
    expect(await run(change)).toMatchObject({ ok: false, reason: 'invalid' });
    expect(requests.filter(({ url }) => url.endsWith('/token'))).toEqual([]);
  });

  it('with an error is declined', async () => {
    const { run } = setUp();
    const done = await run((callback) => {
      callback.searchParams.delete('code');
      callback.searchParams.set('error', 'access_denied');
      callback.searchParams.set('error_description', 'Rae said no');
    });
    expect(done).toEqual({ ok: false, reason: 'declined', detail: 'access_denied' });
  });
});

describe('the provider', () => {
  it('is asked again when it does not answer at first, and redeems a code only once', async () => {
    const { answers, requests, run } = setUp();
    answers.failures = [away, away];
    expect((await run()).ok).toBe(true);
    expect(requests.filter(({ url }) => url.endsWith('/openid-configuration'))).toHaveLength(3);
    answers.failures = [away];
    expect(await run()).toEqual({ ok: false, reason: 'away', detail: 'login.example: ECONNREFUSED' });
    expect(requests.filter(({ url }) => url.endsWith('/token'))).toHaveLength(2);
  });

  it('is away after three attempts, or where it names another issuer', async () => {
    const { answers, provider } = setUp();
    answers.failures = [away, away, away];
    expect(await provider.begin('https://desk.example/signed-in', false)).toMatchObject({ ok: false, reason: 'away' });
    answers.metadata = { ...answers.metadata, issuer: 'https://login.example/{tenantid}/v2.0' };
    expect(await provider.begin('https://desk.example/signed-in', false)).toMatchObject({ ok: false, reason: 'away' });
  });

  it('is read once, its key set too', async () => {
    const { requests, run } = setUp();
    await run();
    await run();
    expect(requests.filter(({ url }) => url.endsWith('/openid-configuration'))).toHaveLength(1);
    expect(requests.filter(({ url }) => url.endsWith('/keys'))).toHaveLength(1);
  });

  it('ends its own session, and comes back', async () => {
    const { provider } = setUp();
    const url = new URL((await provider.endSession('https://desk.example/signed-out')) ?? '');
    expect(url.href).toMatch(/\/oauth2\/v2\.0\/logout\?/);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe('https://desk.example/signed-out');
    expect(url.searchParams.get('client_id')).toBe(clientId);
  });
});

describe('the proof of the desk itself', () => {
  const sent = (requests: ReturnType<typeof setUp>['requests']) =>
    new URLSearchParams(requests.find(({ url }) => url.endsWith('/token'))?.body);

  it('is its secret', async () => {
    const { requests, run } = setUp();
    await run();
    expect(sent(requests).get('client_secret')).toBe('hush-hush');
    expect(sent(requests).get('code_verifier')).toMatch(/^[\w-]{43,}$/);
  });

  it('or a token of another issuer, fresh each time', async () => {
    let count = 0;
    const { requests, run } = setUp({ kind: 'federated', assertion: async () => `token-${++count}` });
    await run();
    expect(sent(requests).get('client_assertion')).toBe('token-1');
    expect(sent(requests).get('client_secret')).toBeNull();
    await run();
    expect(count).toBe(2);
  });

  it('that cannot be had is said without what it is', async () => {
    const failing = async () => {
      throw new Error('the token is abc-secret');
    };
    const { run } = setUp({ kind: 'federated', assertion: failing });
    const done = await run();
    expect(done).toMatchObject({ ok: false, reason: 'away' });
    expect(JSON.stringify(done)).not.toContain('abc-secret');
  });
});
