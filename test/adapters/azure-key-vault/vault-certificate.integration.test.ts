import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type VaultCertificateDeps, vaultCertificate } from '#adapters/azure-key-vault/vault-certificate.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { startStack, type TestStack, vaultHost } from '#test/adapters/azure-key-vault/stack.ts';

const dayMs = 86_400_000;

describe('the certificate for rich notifications in a vault', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());
  afterEach(async () => {
    stack.ahead(0);
    for (const { name } of stack.vault.faults.list()) await stack.vault.faults.stop(name);
  });

  const get = (name: string, more: Partial<VaultCertificateDeps> = {}) =>
    vaultCertificate({
      vaultUrl: `https://${vaultHost}`,
      credential: stack.credential,
      transport: stack.transport,
      clock: systemClock,
      name,
      commonName: 'tocsin contoso',
      ...more,
    });
  const made = async (name: string, more: Partial<VaultCertificateDeps> = {}) => {
    const result = await get(name, more);
    if (!result.ok) throw new Error(result.detail);
    return result;
  };

  it('is made where there is none, fit for Graph, and is the same afterwards', async () => {
    const first = await made('notifications-1');
    const { key, certificate, version, expires } = first.certificate;
    const x509 = new X509Certificate(certificate);
    const privateKey = createPrivateKey(key);
    expect(first.made).toBe(true);
    expect(x509.checkPrivateKey(privateKey)).toBe(true);
    expect(x509.verify(x509.publicKey)).toBe(true);
    expect(x509.subject).toBe('CN=tocsin contoso');
    expect(privateKey.asymmetricKeyType).toBe('rsa');
    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(version).toMatch(/^[0-9a-f]{32}$/);
    expect(expires).toBe(Date.parse(x509.validTo));
    expect(expires).toBeGreaterThan(Date.now() + 700 * dayMs);
    expect(await made('notifications-1')).toEqual({ ...first, made: false });
  });

  it('is renewed in time, and the older version can still be had', async () => {
    const first = await made('notifications-2');
    expect((await made('notifications-2', { renewBeforeMs: 700 * dayMs })).made).toBe(false);
    const laterMs = 690 * dayMs;
    stack.ahead(laterMs);
    const renewed = await made('notifications-2', { clock: { ...systemClock, now: () => Date.now() + laterMs } });
    expect(renewed.made).toBe(true);
    expect(renewed.certificate.version).not.toBe(first.certificate.version);
    const { version } = first.certificate;
    expect(await made('notifications-2', { version })).toEqual({ ...first, made: false });
  });

  it('is not made over and over when none can live as long as is asked for', async () => {
    const before = stack.vault.operations().length;
    expect(await get('notifications-6', { renewBeforeMs: 900 * dayMs })).toMatchObject({ ok: false });
    const made = stack.vault.operations().slice(before);
    expect(made.filter(({ operation }) => operation === 'certificates/create')).toHaveLength(1);
  });

  it('is one although two processes make it at once', async () => {
    const [one, two] = await Promise.all([made('notifications-3'), made('notifications-3')]);
    expect(one.certificate).toEqual(two.certificate);
  });

  it('says that there is no such version', async () => {
    await made('notifications-4');
    expect(await get('notifications-4', { version: '0'.repeat(32) })).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it.each([
    ['throttled', 'throttled'],
    ['forbidden', 'access-denied'],
    ['unavailable', 'unavailable'],
    ['unreachable', 'unavailable'],
    ['silent', 'unavailable'],
  ])('answers in time when the vault is %s, without a secret', async (fault, reason) => {
    await stack.vault.faults.start(fault);
    const result = await get('notifications-5', { timeoutMs: 500 });
    expect(result).toMatchObject({ ok: false, reason });
    expect(JSON.stringify(result)).not.toMatch(/a-token-for-the-vault|PRIVATE/);
  });
});
