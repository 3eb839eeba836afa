import { X509Certificate } from 'node:crypto';
import type { EncryptionCertificate } from '#ports/graph.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { decodeText, encodeText } from '#workflows/activities/secrets.ts';

/** Where the private key of a certificate lives, PEM, with the certificate itself behind it. */
export function notificationKeySecret(certificateId: string): string {
  return `notification-key/${certificateId}`;
}

/** The certificate with this id, made when there is none; its private key never leaves the key store. */
export async function notificationCertificate(
  deps: Pick<ActivityDeps, 'secrets' | 'clock' | 'makeCertificate'>,
  id: string,
): Promise<{ readonly ok: true; readonly value: EncryptionCertificate } | KeyStoreFailure> {
  const name = notificationKeySecret(id);
  for (;;) {
    const kept = await deps.secrets.read(name);
    if (!kept.ok) return kept;
    if (kept.value !== undefined) {
      const certificate = new X509Certificate(decodeText(kept.value)).raw.toString('base64');
      return { ok: true, value: { id, certificate } };
    }
    const made = await deps.makeCertificate({ commonName: id, now: deps.clock.now() });
    const written = await deps.secrets.write(name, encodeText(`${made.key}${made.certificate}`), kept.version);
    if (!written.ok && written.reason !== 'conflict') return written;
  }
}
