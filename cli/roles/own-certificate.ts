import { type KeyObject, X509Certificate } from 'node:crypto';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import { notificationCertificate } from '#workflows/activities/notification-certificate.ts';

/** What we encrypt for ourselves with. */
export interface OwnCertificate {
  /** As `encryptionCertificateId`: by it ingest finds the private key, as it finds that of every other certificate. */
  readonly id: string;
  readonly publicKey: KeyObject;
}

/** It is asked for daily, by which its use is noted: keys that are not used are removed. */
const askAgainMs = 86_400_000;

/**
 * The certificate that content is encrypted for which we put on the hub ourselves: one of its own for each year, made when it is first needed, with its
 * private key among the secrets. Those that Graph was given will not do: a tenant whose chat feed is `basic` has none.
 */
export function createOwnCertificate(secrets: Secrets, clock: Clock): () => Promise<OwnCertificate> {
  let known: OwnCertificate | undefined;
  let askedAt = 0;
  return async () => {
    const id = `recovered-${new Date(clock.now()).getUTCFullYear()}`;
    if (known?.id === id && clock.monotonic() - askedAt < askAgainMs) return known;
    const made = await notificationCertificate({ secrets, clock, makeCertificate: makeSelfSigned }, id);
    if (!made.ok && known?.id === id) return known;
    if (!made.ok) throw new Error(`key store: ${made.detail}`);
    askedAt = clock.monotonic();
    const { publicKey } = new X509Certificate(Buffer.from(made.value.certificate, 'base64'));
    known = { id, publicKey };
    return known;
  };
}
