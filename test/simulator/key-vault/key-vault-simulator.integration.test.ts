import { CertificateClient } from '@azure/keyvault-certificates';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { vaultClientOptions } from '#adapters/azure-key-vault/transport.ts';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { KeyVaultSimulator, TokenCheck } from '#simulator/key-vault/options.ts';
import { createKeyVaultSimulator } from '#simulator/key-vault/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

const vaultHost = 'kv-contoso-ab12.vault.azure.net';
const vaultUrl = `https://${vaultHost}`;

describe("a simulated key vault, asked by the vendor's own clients", () => {
  const authority = createCertificateAuthority(Date.now());
  let vault: KeyVaultSimulator;
  let token = 'good';
  const scopes: unknown[] = [];
  const credential = {
    getToken: async (scope: string | string[], options?: { tenantId?: string }) => {
      scopes.push([scope, options?.tenantId]);
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const verdicts: Record<string, TokenCheck> = { good: { ok: true }, stranger: { ok: false, reason: 'forbidden' } };
  const start = (purgeProtection: boolean) =>
    createKeyVaultSimulator({
      clock: systemClock,
      ids: systemIds,
      tls: authority.issue([vaultHost], Date.now()),
      vaultHost,
      authorization: 'https://login.microsoftonline.com/6f1c0000-0000-4000-8000-000000000001',
      checkToken: (given) => verdicts[given] ?? { ok: false, reason: 'unknown' },
      purgeProtection,
      slowMs: 60_000,
      retryAfterSeconds: 7,
    });
  const options = (of = vault) =>
    vaultClientOptions({ ca: authority.cert, addresses: { [vaultHost]: `127.0.0.1:${of.port}` } });

  beforeAll(async () => {
    vault = await start(false);
    await vault.createKey('master');
  });
  afterAll(() => vault?.close());
  afterEach(async () => {
    token = 'good';
    for (const { name } of vault.faults.list()) await vault.faults.stop(name);
  });

  it('challenges whoever has no token, and clients find tenant and audience in the challenge', async () => {
    await new KeyClient(vaultUrl, credential, options()).getKey('master');
    expect(scopes).toContainEqual([['https://vault.azure.net/.default'], '6f1c0000-0000-4000-8000-000000000001']);
  });

  it('refuses tokens that are none (401), and callers without a role (403)', async () => {
    token = 'forged';
    const keys = new KeyClient(vaultUrl, credential, options());
    await expect(keys.getKey('master')).rejects.toMatchObject({ statusCode: 401 });
    token = 'stranger';
    const others = new KeyClient(vaultUrl, credential, options());
    await expect(others.getKey('master')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
  });

  it('wraps and unwraps, by versions, after a rotation too', async () => {
    const keys = new KeyClient(vaultUrl, credential, options());
    const old = await keys.getKey('master');
    const wrapped = await new CryptographyClient(old, credential, options()).wrapKey(
      'RSA-OAEP-256',
      Buffer.alloc(32, 7),
    );
    const rotated = await keys.rotateKey('master');
    expect(rotated.properties.version).not.toBe(old.properties.version);
    expect((await keys.getKey('master')).id).toBe(rotated.id);
    const unwrap = (id: string) =>
      new CryptographyClient(id, credential, options()).unwrapKey('RSA-OAEP-256', wrapped.result);
    expect(Buffer.from((await unwrap(old.id ?? '')).result)).toEqual(Buffer.alloc(32, 7));
    await expect(unwrap(rotated.id ?? '')).rejects.toMatchObject({ statusCode: 400, code: 'BadParameter' });
    const versions = [];
    for await (const { version } of keys.listPropertiesOfKeyVersions('master')) versions.push(version);
    expect(versions).toEqual([old.properties.version, rotated.properties.version]);
    vault.enableKey('master', old.properties.version ?? '', false);
    await expect(unwrap(old.id ?? '')).rejects.toMatchObject({ statusCode: 403 });
  });

  it('keeps secrets by version, lists them over several pages, and gives deleted ones back', async () => {
    const secrets = new SecretClient(vaultUrl, credential, options());
    const first = await secrets.setSecret('s-00', 'one');
    const second = await secrets.setSecret('s-00', 'two', { contentType: 'text/plain' });
    expect((await secrets.getSecret('s-00')).value).toBe('two');
    expect((await secrets.getSecret('s-00', { version: first.properties.version ?? '' })).value).toBe('one');
    expect(second.properties.version).not.toBe(first.properties.version);
    for (let index = 1; index < 30; index += 1) {
      await secrets.setSecret(`s-${String(index).padStart(2, '0')}`, 'x');
    }
    const names = [];
    for await (const { name } of secrets.listPropertiesOfSecrets()) names.push(name);
    expect(names).toHaveLength(30);
    await (await secrets.beginDeleteSecret('s-00')).pollUntilDone();
    await expect(secrets.getSecret('s-00')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    await expect(secrets.setSecret('s-00', 'three')).rejects.toMatchObject({ statusCode: 409 });
    await (await secrets.beginRecoverDeletedSecret('s-00')).pollUntilDone();
    expect((await secrets.getSecret('s-00')).value).toBe('two');
    await (await secrets.beginDeleteSecret('s-00')).pollUntilDone();
    await secrets.purgeDeletedSecret('s-00');
    await expect(secrets.getDeletedSecret('s-00')).rejects.toMatchObject({ statusCode: 404 });
    expect((await secrets.setSecret('s-00', 'four')).value).toBe('four');
  });

  it('purges nothing where purge protection is on', async () => {
    const kept = await start(true);
    try {
      const secrets = new SecretClient(vaultUrl, credential, options(kept));
      await secrets.setSecret('s', 'one');
      await (await secrets.beginDeleteSecret('s')).pollUntilDone();
      await expect(secrets.purgeDeletedSecret('s')).rejects.toMatchObject({ statusCode: 403 });
      const keys = new KeyClient(vaultUrl, credential, options(kept));
      await keys.createRsaKey('k', { keySize: 2048 });
      await (await keys.beginDeleteKey('k')).pollUntilDone();
      await expect(keys.getKey('k')).rejects.toMatchObject({ statusCode: 404, code: 'KeyNotFound' });
      await (await keys.beginRecoverDeletedKey('k')).pollUntilDone();
      expect((await keys.getKey('k')).name).toBe('k');
    } finally {
      await kept.close();
    }
  });

  it('imports certificates, whose private halves are secrets, and lists their versions', async () => {
    const certificates = new CertificateClient(vaultUrl, credential, options());
    const secrets = new SecretClient(vaultUrl, credential, options());
    const { key, certificate } = await makeSelfSigned({ commonName: 'imported', now: Date.now() });
    const policy = { contentType: 'application/x-pem-file', issuerName: 'Unknown', subject: 'CN=imported' } as const;
    for (let times = 0; times < 2; times += 1) {
      await certificates.importCertificate('imported', Buffer.from(`${key}${certificate}`), { policy });
    }
    const versions = [];
    for await (const { version } of certificates.listPropertiesOfCertificateVersions('imported'))
      versions.push(version);
    expect(new Set(versions).size).toBe(2);
    expect((await secrets.getSecret('imported')).value).toBe(`${key}${certificate}`);
    expect((await certificates.getCertificate('imported')).policy?.subject).toBe('CN=imported');
  });

  it('lists its faults, knows no others, and shows throttling as a vault does', async () => {
    expect(vault.faults.list().map(({ name }) => name)).toEqual([
      'throttled',
      'unavailable',
      'unreachable',
      'slow',
      'silent',
      'lost-answer',
      'forbidden',
    ]);
    await expect(vault.faults.start('fire')).rejects.toThrow(RangeError);
    await vault.faults.start('throttled');
    const keys = new KeyClient(vaultUrl, credential, options());
    const refused = await keys.getKey('master').catch((error: unknown) => error);
    expect(refused).toMatchObject({ statusCode: 429, code: 'Throttled' });
    const { response } = refused as { response?: { headers: { get(name: string): string | undefined } } };
    expect(response?.headers.get('retry-after')).toBe('7');
  });

  it('holds answers while it is slow, and lets go of them when it is closed', async () => {
    const slow = await start(false);
    await slow.faults.start('slow');
    const abort = new AbortController();
    const waiting = new KeyClient(vaultUrl, credential, options(slow)).getKey('x', { abortSignal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await slow.close();
  });
});
