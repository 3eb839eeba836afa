import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stackCredential } from '#adapters/azure-key-vault/credential.ts';
import { createKeyVaultKeyStore } from '#adapters/azure-key-vault/key-vault-key-store.ts';
import { openMaster } from '#adapters/azure-key-vault/master.ts';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createKeyVaultSimulator } from '#simulator/key-vault/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { type IdentityEndpoint, startIdentityEndpoint } from '#test/adapters/azure-key-vault/identity-endpoint.ts';

const tenant = randomUUID();
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** As Entra ID issues it, but nobody here checks who signed it. */
const tokenFor = (resource: string) => {
  const now = Math.trunc(Date.now() / 1000);
  const claims = {
    aud: resource,
    iss: `https://sts.windows.net/${tenant}/`,
    nbf: now - 300,
    iat: now,
    exp: now + 3600,
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.c2lnbmVk`;
};
const audienceOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}')['aud'];

describe('the identity of a process in a stack', () => {
  let endpoint: IdentityEndpoint;
  const before = { ...process.env };
  beforeAll(async () => {
    endpoint = await startIdentityEndpoint(tokenFor);
  });
  afterEach(() => {
    for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    endpoint.set('answers');
  });
  afterAll(() => endpoint?.close());

  const inContainer = () => {
    process.env['IDENTITY_ENDPOINT'] = endpoint.url;
    process.env['IDENTITY_HEADER'] = endpoint.header;
  };

  it('is the managed identity that the setting names', async () => {
    inContainer();
    const clientId = randomUUID();
    const { kind, credential } = stackCredential({ AZURE_CLIENT_ID: clientId });
    const token = await credential.getToken('https://vault.azure.net/.default');
    expect(kind).toBe('managed');
    expect(audienceOf(token?.token ?? '')).toBe('https://vault.azure.net');
    expect(endpoint.asked()).toContainEqual({ resource: 'https://vault.azure.net', clientId });
  });

  it('is the federated one where the platform gives a token in a file', () => {
    const env = {
      AZURE_CLIENT_ID: randomUUID(),
      AZURE_TENANT_ID: tenant,
      AZURE_FEDERATED_TOKEN_FILE: '/var/run/token',
    };
    expect(stackCredential(env).kind).toBe('workload');
    expect(stackCredential({ ...env, AZURE_FEDERATED_TOKEN_FILE: undefined }).kind).toBe('managed');
  });

  it('is given up in time when the platform does not answer, which no vendor does', async () => {
    inContainer();
    endpoint.set('silent');
    const { credential } = stackCredential({ AZURE_CLIENT_ID: randomUUID() }, 200);
    await expect(credential.getToken('https://vault.azure.net/.default')).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('opens the keys of a stack: vault and storage by their own names, over TLS, each with a token of its own', async () => {
    inContainer();
    const vaultHost = 'kv-contoso-ab12.vault.azure.net';
    const storageHost = 'devstoreaccount1.blob.core.windows.net';
    const authority = createCertificateAuthority(Date.now());
    const azurite = await startAzurite(authority.issue([storageHost], Date.now()));
    const vault = await createKeyVaultSimulator({
      clock: systemClock,
      ids: systemIds,
      tls: authority.issue([vaultHost], Date.now()),
      vaultHost,
      authorization: `https://login.microsoftonline.com/${tenant}`,
      checkToken: (token) =>
        audienceOf(token) === 'https://vault.azure.net' ? { ok: true } : { ok: false, reason: 'unknown' },
    });
    try {
      await vault.createKey('master');
      const { credential } = stackCredential({ AZURE_CLIENT_ID: randomUUID() });
      const addresses = { [vaultHost]: `127.0.0.1:${vault.port}`, [storageHost]: `127.0.0.1:${azurite.port}` };
      const transport = { ca: authority.cert, addresses };
      const containerUrl = `https://${storageHost}/subject-keys`;
      await containerClient(containerUrl, credential, transport).create();
      const master = await openMaster({
        keyUrl: `https://${vaultHost}/keys/master`,
        container: { containerUrl, credential },
        credential,
        transport,
        clock: systemClock,
        rotationCheckMs: 0,
      });
      const store = createKeyVaultKeyStore({ master, clock: systemClock });
      expect(await store.subjectKeys(['user:t/1'])).toMatchObject({ ok: true });
      await master.close();
    } finally {
      await vault.close();
      await azurite.stop();
    }
  });
});
