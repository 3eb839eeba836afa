import { createPrivateKey } from 'node:crypto';
import { CryptoProvider } from '@azure/msal-node';
import { importPKCS8 } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '#test/simulator/entra/raw.ts';
import {
  chatScopes,
  deskClient,
  eventsCertificate,
  operator,
  type StartedEntra,
  serviceUser,
  startEntra,
  tenantId,
} from '#test/simulator/entra/start-entra.ts';

const redirectUri = deskClient.redirectUris![0]!;

describe('signing in with a browser', () => {
  let entra: StartedEntra;
  let origin: string;
  beforeAll(async () => {
    entra = await startEntra();
    origin = new URL(entra.simulator.authority).origin;
  });
  afterAll(async () => await entra.close());

  /** Goes where a person is sent, chooses a user, and comes back with the address that the answer went to. */
  const choose = async (url: string, form: Record<string, string>, browser = createBrowser()) => {
    const page = await browser.follow(await browser.open(url), origin);
    if (typeof page === 'string') return new URL(page);
    expect(page.status).toBe(200);
    const answer = await browser.follow(await browser.submit(page.url, form), origin);
    if (typeof answer !== 'string') throw new Error(`still at Entra: ${await answer.text()}`);
    return new URL(answer);
  };

  const desk = async () => {
    const key = await importPKCS8(
      createPrivateKey(eventsCertificate.key).export({ type: 'pkcs8', format: 'pem' }).toString(),
      'PS256',
    );
    const proof = client.PrivateKeyJwt(key, {
      [client.modifyAssertion]: (header) => {
        header['x5t#S256'] = Buffer.from(eventsCertificate.thumbprintSha256, 'hex').toString('base64url');
      },
    });
    return await client.discovery(new URL(entra.simulator.issuer), deskClient.clientId, undefined, proof);
  };
  const request = async (config: client.Configuration, more: Record<string, string> = {}) => {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...more,
    });
    return {
      url: url.href,
      checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    };
  };

  it('gives a confidential client an id token with the roles of the user', async () => {
    const config = await desk();
    const { url, checks } = await request(config);
    const answer = await choose(url, { answer: 'sign-in', user: operator.upn });
    const tokens = await client.authorizationCodeGrant(config, answer, checks);
    expect(tokens.claims()).toMatchObject({
      iss: `${entra.simulator.authority}/v2.0`,
      aud: deskClient.clientId,
      oid: operator.id,
      tid: tenantId,
      name: operator.name,
      preferred_username: operator.upn,
      roles: ['Operator'],
      ver: '2.0',
    });
    expect(tokens.claims()?.sub).not.toBe(operator.id);
    expect(tokens.refresh_token).toBeUndefined();
  });

  it('redeems a code once, for the client and with the verifier that it was made for', async () => {
    const config = await desk();
    const first = await request(config);
    const answer = await choose(first.url, { answer: 'sign-in', user: serviceUser.upn });
    const other = await request(config);
    await expect(
      client.authorizationCodeGrant(config, answer, {
        ...first.checks,
        pkceCodeVerifier: other.checks.pkceCodeVerifier,
      }),
    ).rejects.toMatchObject({ error: 'invalid_grant', error_description: expect.stringContaining('AADSTS501481') });
    await client.authorizationCodeGrant(config, answer, first.checks);
    await expect(client.authorizationCodeGrant(config, answer, first.checks)).rejects.toMatchObject({
      error_description: expect.stringContaining('AADSTS54005'),
    });
  });

  it('remembers the person until they sign out', async () => {
    const config = await desk();
    const browser = createBrowser();
    const first = await request(config);
    await choose(first.url, { answer: 'sign-in', user: operator.upn }, browser);
    const again = await request(config);
    const straight = await browser.follow(await browser.open(again.url), origin);
    expect(straight).toContain(`${redirectUri}?code=`);
    const out = client.buildEndSessionUrl(config, { post_logout_redirect_uri: redirectUri, state: 'bye' });
    expect(await browser.follow(await browser.open(out.href), origin)).toBe(`${redirectUri}?state=bye`);
    const after = await browser.follow(await browser.open((await request(config)).url), origin);
    expect(after).toMatchObject({ status: 200 });
  });

  it('asks again when told to', async () => {
    const config = await desk();
    const browser = createBrowser();
    await choose((await request(config)).url, { answer: 'sign-in', user: operator.upn }, browser);
    for (const prompt of ['login', 'select_account', 'consent']) {
      const { url, checks } = await request(config, { prompt });
      const answer = await choose(url, { answer: 'sign-in', user: serviceUser.upn }, browser);
      expect((await client.authorizationCodeGrant(config, answer, checks)).claims()?.['oid']).toBe(serviceUser.id);
    }
  });

  it('tells the client that the person cancelled', async () => {
    const config = await desk();
    const { url, checks } = await request(config);
    const answer = await choose(url, { answer: 'cancel' });
    await expect(client.authorizationCodeGrant(config, answer, checks)).rejects.toMatchObject({
      error: 'access_denied',
    });
  });

  it('gives MSAL a refreshable token through authorization code and PKCE, whatever blocks device codes', async () => {
    await entra.simulator.faults.start('conditional-access-blocks-device-code');
    const app = entra.publicClient();
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
    // Loopback addresses match whatever their port (RFC 8252 section 7.3).
    const loopback = 'http://localhost:61234';
    const url = await app.getAuthCodeUrl({
      scopes: [...chatScopes],
      redirectUri: loopback,
      codeChallenge: challenge,
      codeChallengeMethod: 'S256',
    });
    const answer = await choose(url, { answer: 'sign-in', user: serviceUser.upn });
    const { account } = await app.acquireTokenByCode({
      scopes: [...chatScopes],
      redirectUri: loopback,
      code: answer.searchParams.get('code')!,
      codeVerifier: verifier,
    });
    const renewed = await app.acquireTokenSilent({ account: account!, scopes: [...chatScopes], forceRefresh: true });
    expect(entra.simulator.verifyAccessToken(renewed.accessToken)).toMatchObject({
      ok: true,
      claims: { upn: serviceUser.upn },
    });
    await entra.simulator.faults.stop('conditional-access-blocks-device-code');
  });

  it('shows a page, and redirects nowhere, when the request is not one of a registered application', async () => {
    const config = await desk();
    for (const [more, code] of [
      [{ redirect_uri: 'https://elsewhere.example/' }, 'AADSTS50011'],
      [{ client_id: 'unknown' }, 'AADSTS700016'],
      [{ scope: 'openid Mail.Read' }, 'AADSTS65001'],
    ] as const) {
      const page = await createBrowser().open((await request(config, more)).url);
      expect(page.status).toBe(400);
      expect(await page.text()).toContain(code);
    }
  });

  it('lets a disabled user nowhere', async () => {
    await entra.simulator.faults.start('user-disabled');
    const browser = createBrowser();
    const page = await browser.follow(await browser.open((await request(await desk())).url), origin);
    if (typeof page === 'string') throw new Error('it went on');
    const refused = await browser.submit(page.url, { answer: 'sign-in', user: serviceUser.upn });
    await entra.simulator.faults.stop('user-disabled');
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('AADSTS50057');
  });
});
