import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { type CryptoKey, exportJWK, generateKeyPair, importPKCS8, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientCertificate } from '#simulator/entra/client-certificate.ts';
import { post } from '#test/simulator/entra/raw.ts';
import {
  eventsCertificate,
  eventsClient,
  type StartedEntra,
  startEntra,
  tenantId,
} from '#test/simulator/entra/start-entra.ts';

const day = 86_400_000;
const scope = 'https://graph.microsoft.com/.default';
const expired = createClientCertificate('expired', Date.now() - 30 * day, 10);
const stranger = createClientCertificate('stranger', Date.now() - day, 365);
const federated = await generateKeyPair('RS256');
const subject = '/subscriptions/0/identities/tocsin';

describe('an application that signs in as itself', () => {
  let entra: StartedEntra;
  beforeAll(async () => {
    entra = await startEntra({
      clients: [
        {
          ...eventsClient,
          certificates: [eventsCertificate.cert, expired.cert],
          federatedCredentials: [
            { issuer: 'https://issuer.example', subject, key: await exportJWK(federated.publicKey) },
          ],
        },
      ],
    });
  });
  afterAll(async () => await entra.close());

  const client = (certificate: { key: string; thumbprintSha256: string }) =>
    new ConfidentialClientApplication({
      auth: {
        ...entra.msalAuth(eventsClient.clientId),
        clientCertificate: { privateKey: certificate.key, thumbprintSha256: certificate.thumbprintSha256 },
      },
    });
  const ask = async (client_assertion: string, form: Record<string, string> = {}) =>
    await post(entra.simulator.authority, 'token', {
      client_id: eventsClient.clientId,
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
      ...form,
    });
  const assertion = async (claims: Record<string, unknown> = {}, alg = 'RS256') => {
    const now = Math.floor(Date.now() / 1000);
    const own = {
      iss: eventsClient.clientId,
      sub: eventsClient.clientId,
      aud: `${entra.simulator.authority}/oauth2/v2.0/token`,
      jti: randomUUID(),
    };
    return await new SignJWT({ ...own, nbf: now, exp: now + 600, ...claims })
      .setProtectedHeader({
        alg,
        'x5t#S256': Buffer.from(eventsCertificate.thumbprintSha256, 'hex').toString('base64url'),
      })
      .sign(await importPKCS8(eventsCertificate.key, alg));
  };

  it('gets its roles through MSAL with a registered certificate', async () => {
    const result = await client(eventsCertificate).acquireTokenByClientCredential({ scopes: [scope] });
    expect(entra.simulator.verifyAccessToken(result?.accessToken ?? '')).toMatchObject({
      ok: true,
      claims: {
        idtyp: 'app',
        appid: eventsClient.clientId,
        tid: tenantId,
        roles: ['CallEvents-Emergency.Read.All'],
        scp: [],
      },
    });
  });

  it.each([
    ['that has run out', expired],
    ['of somebody else', stranger],
    ['whose key is another', { key: stranger.key, thumbprintSha256: eventsCertificate.thumbprintSha256 }],
  ])('is refused with a certificate %s', async (_what, certificate) => {
    await expect(client(certificate).acquireTokenByClientCredential({ scopes: [scope] })).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorMessage: expect.stringContaining('AADSTS700027'),
    });
  });

  it.each(['RS256', 'PS256'])('may sign with %s', async (alg) => {
    expect((await ask(await assertion({}, alg))).body).toMatchObject({
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    });
  });

  it('is refused with an assertion that is late, for others, or no assertion', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    expect(await ask(await assertion({ nbf: seconds - 2000, exp: seconds - 1000 }))).toMatchObject({
      status: 401,
      body: { error_codes: [700024] },
    });
    expect(await ask(await assertion({ aud: 'https://elsewhere.example' }))).toMatchObject({
      body: { error_codes: [700023] },
    });
    expect(await ask('rubbish')).toMatchObject({ body: { error_codes: [50027] } });
    expect(await ask('')).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [7000218] } });
    expect(await ask('', { client_secret: 'guessed' })).toMatchObject({ body: { error_codes: [7000215] } });
  });

  it('has to ask for everything that was granted, of Graph', async () => {
    const granted = await assertion();
    expect(await ask(granted, { scope: 'https://graph.microsoft.com/User.Read.All' })).toMatchObject({
      body: { error: 'invalid_scope', error_codes: [1002012] },
    });
    expect(await ask(granted, { scope: 'https://vault.azure.net/.default' })).toMatchObject({
      body: { error_codes: [500011] },
    });
  });

  it('carries no roles once they were taken away', async () => {
    await entra.simulator.faults.start('consent-revoked');
    const { body } = await ask(await assertion());
    await entra.simulator.faults.stop('consent-revoked');
    expect(entra.simulator.verifyAccessToken(String(body['access_token']))).toMatchObject({
      ok: true,
      claims: { roles: [] },
    });
  });

  describe('with a token of an issuer that it trusts', () => {
    const foreign = async (claims: Record<string, unknown> = {}, key = federated.privateKey) => {
      const seconds = Math.floor(Date.now() / 1000);
      const usual = {
        iss: 'https://issuer.example',
        sub: subject,
        aud: 'api://AzureADTokenExchange',
        iat: seconds,
        exp: seconds + 600,
      };
      return await new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(key);
    };

    it('gets its roles through MSAL', async () => {
      const app = new ConfidentialClientApplication({
        auth: { ...entra.msalAuth(eventsClient.clientId), clientAssertion: async () => await foreign() },
      });
      const result = await app.acquireTokenByClientCredential({ scopes: [scope] });
      expect(entra.simulator.verifyAccessToken(result?.accessToken ?? '')).toMatchObject({
        claims: { roles: ['CallEvents-Emergency.Read.All'] },
      });
    });

    it('is checked with the key that the issuer publishes', async () => {
      const published = await generateKeyPair('RS256');
      const keys = JSON.stringify({ keys: [{ ...(await exportJWK(published.publicKey)), kid: 'k', alg: 'RS256' }] });
      const issuer = createServer((_request, response) =>
        response.setHeader('content-type', 'application/json').end(keys),
      );
      await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
      const jwksUri = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
      const other = await startEntra({
        clients: [
          { ...eventsClient, federatedCredentials: [{ issuer: 'https://issuer.example', subject, key: { jwksUri } }] },
        ],
      });
      const form = async (key: CryptoKey) => ({
        client_id: eventsClient.clientId,
        grant_type: 'client_credentials',
        scope,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await foreign({}, key),
      });
      expect((await post(other.simulator.authority, 'token', await form(published.privateKey))).status).toBe(200);
      expect(await post(other.simulator.authority, 'token', await form(federated.privateKey))).toMatchObject({
        body: { error_codes: [700027] },
      });
      await other.close();
      await new Promise((resolve) => issuer.close(resolve).closeAllConnections());
    });

    it('is refused when anything about it differs', async () => {
      const codes = async (token: string) => (await ask(token)).body.error_codes;
      expect(await codes(await foreign({ iss: 'https://other.example' }))).toEqual([700211]);
      expect(await codes(await foreign({ sub: 'other' }))).toEqual([700213]);
      expect(await codes(await foreign({ aud: 'other' }))).toEqual([700212]);
      expect(await codes(await foreign({ exp: 1 }))).toEqual([700024]);
      expect(await codes(await foreign({}, (await generateKeyPair('RS256')).privateKey))).toEqual([700027]);
    });
  });
});
