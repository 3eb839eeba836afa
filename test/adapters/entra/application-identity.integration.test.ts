import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApplicationIdentity } from '#adapters/entra/application-identity.ts';
import type { ApplicationProof } from '#adapters/entra/application-proof.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createClientCertificate } from '#simulator/entra/client-certificate.ts';
import { chatClient, eventsCertificate, eventsClient, tenantId } from '#test/simulator/entra/start-entra.ts';
import { createEntraPlace, type EntraPlace, never } from './place.ts';

const workload = generateKeyPairSync('rsa', { modulusLength: 2048 });
const issuer = 'https://issuer.example/';

describe('the application itself', () => {
  let place: EntraPlace;
  beforeAll(async () => {
    const federatedCredentials = [{ issuer, subject: 'machine-1', key: await exportJWK(workload.publicKey) }];
    place = await createEntraPlace({ clients: [chatClient, { ...eventsClient, federatedCredentials }] });
  });
  afterEach(async () => {
    for (const { name, active } of place.entra.simulator.faults.list()) {
      if (active) await place.entra.simulator.faults.stop(name);
    }
    await place.openSecrets().remove('credential/events/token-cache');
    place.outbound.intercept = undefined;
  });
  afterAll(() => place.discard());

  const identity = (proof: ApplicationProof) =>
    createApplicationIdentity({
      credential: 'events',
      tenantId,
      clientId: eventsClient.clientId,
      authority: place.entra.simulator.authority,
      graph: 'https://graph.microsoft.com',
      proof,
      secrets: place.openSecrets(),
      outbound: place.outbound,
      clock: place.clock,
      ids: systemIds,
      onClockSkew: (skewMs) => void place.skews.push(skewMs),
    });
  const files = (certificate: string, key: string): ApplicationProof => {
    const certificateFile = join(place.store.folder, 'application.crt');
    const keyFile = join(place.store.folder, 'application.key');
    writeFileSync(certificateFile, certificate);
    writeFileSync(keyFile, key, { mode: 0o600 });
    return { type: 'certificate-files', certificateFile, keyFile };
  };
  const good = () => files(eventsCertificate.cert, eventsCertificate.key);

  it('gets a token with its roles by a certificate in files, and knows when that ends', async () => {
    const application = identity(good());
    const result = await application.token();
    if (!result.ok) throw new Error(JSON.stringify(result));
    expect(place.entra.simulator.verifyAccessToken(result.token.value)).toMatchObject({ ok: true });
    const state = await application.state();
    expect(state).toMatchObject({
      ok: true,
      signedIn: true,
      permissions: ['CallEvents-Emergency.Read.All'],
      tenantId,
      tokenExpiresAt: result.token.expiresAt,
    });
    if (state.ok) expect((state.grantExpiresAt! - Date.now()) / 86_400_000).toBeCloseTo(365, 0);
    const before = place.outbound.calls.length;
    expect(await identity(good()).token()).toEqual(result);
    expect(place.outbound.calls).toHaveLength(before);
    expect(await application.token({ force: true })).not.toEqual(result);
  });

  it('gets a token by a certificate that is a secret', async () => {
    const secrets = place.openSecrets();
    await secrets.write(
      'credential/events/certificate',
      Buffer.from(eventsCertificate.key + eventsCertificate.cert),
      'none',
    );
    const application = identity({ type: 'certificate-secret', name: 'credential/events/certificate' });
    expect(await application.token()).toMatchObject({ ok: true });
  });

  it('takes a new certificate without a restart', async () => {
    const stranger = createClientCertificate('stranger', Date.now() - 3_600_000, 30);
    const application = identity(files(stranger.cert, stranger.key));
    expect(await application.token()).toMatchObject({
      ok: false,
      trouble: { kind: 'admin-must-act', code: 'AADSTS700027' },
    });
    good();
    expect(await application.token()).toMatchObject({ ok: true });
  });

  it('says that its certificate has run out without asking Entra', async () => {
    const old = createClientCertificate('old', Date.now() - 40 * 86_400_000, 30);
    const before = place.outbound.calls.length;
    expect(await identity(files(old.cert, old.key)).token()).toMatchObject({
      ok: false,
      trouble: { kind: 'admin-must-act', code: 'certificate-expired' },
    });
    expect(place.outbound.calls).toHaveLength(before);
  });

  it.each([
    [
      'is not there',
      () => ({ type: 'certificate-files', certificateFile: '/nowhere/a', keyFile: '/nowhere/b' }) as const,
    ],
    ['is not in the key store', () => ({ type: 'certificate-secret', name: 'nothing' }) as const],
    ['is no PEM', () => files('x', 'y')],
    ['has the key of another', () => files(eventsCertificate.cert, createClientCertificate('x', Date.now(), 1).key)],
  ] as const)('says what is wrong with a certificate that %s', async (_name, proof) => {
    expect(await identity(proof()).token()).toMatchObject({
      ok: false,
      trouble: { kind: 'admin-must-act', code: 'certificate-unreadable' },
    });
  });

  it("gets a token by the machine's own identity", async () => {
    const assertion = (subject: string) => () =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience('api://AzureADTokenExchange')
        .setNotBefore('0s')
        .setExpirationTime('10m')
        .sign(workload.privateKey);
    expect(await identity({ type: 'federated', assertion: assertion('machine-1') }).token()).toMatchObject({
      ok: true,
    });
    const other = identity({ type: 'federated', assertion: assertion('machine-2') });
    expect(await other.token({ force: true })).toMatchObject({
      ok: false,
      trouble: { kind: 'admin-must-act', code: 'AADSTS700213' },
    });
    const silent = identity({ type: 'federated', assertion: () => Promise.reject(new Error('secret detail')) });
    const result = await silent.token({ force: true });
    expect(result).toMatchObject({ ok: false, trouble: { kind: 'back-off', code: 'federated-assertion' } });
    expect(JSON.stringify(result)).not.toContain('secret detail');
  });

  it('has no roles when the consent is gone', async () => {
    await place.entra.simulator.faults.start('consent-revoked');
    const application = identity(good());
    expect(await application.token()).toMatchObject({ ok: true });
    expect(await application.state()).toMatchObject({ signedIn: true, permissions: [] });
  });

  it.each(['clock-skew', 'clock-skew-behind'])(
    'is told of, and does not suffer from, a clock that is wrong: %s',
    async (fault) => {
      const before = place.skews.length;
      await place.entra.simulator.faults.start(fault);
      expect(await identity(good()).token()).toMatchObject({ ok: true });
      expect(place.skews.slice(before)).toHaveLength(1);
    },
  );

  it('does not mind a damaged token cache', async () => {
    await place.openSecrets().write('credential/events/token-cache', Buffer.from('damaged'), 'none');
    expect(await identity(good()).token()).toMatchObject({ ok: true });
  });

  it('has no person who could sign in', async () => {
    const application = identity(good());
    const refused = { ok: false, trouble: { kind: 'our-fault', code: 'not-delegated' } };
    expect(await application.signInWithCode({ signal: never(), show: () => {} })).toMatchObject(refused);
    expect(await application.signInWithBrowser({ signal: never(), open: () => {} })).toMatchObject(refused);
  });
});
