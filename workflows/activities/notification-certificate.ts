import { X509Certificate } from 'node:crypto';
import type { EncryptionCertificate } from '#ports/graph.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { decodeText, encodeText } from '#workflows/activities/secrets.ts';

const prefix = 'notification-key/';

/** Where the private key of a certificate lives, PEM, with the certificate itself behind it, and when that was last given to anybody. */
export function notificationKeySecret(certificateId: string): string {
  return `${prefix}${certificateId}`;
}

type Deps = Pick<ActivityDeps, 'secrets' | 'clock' | 'makeCertificate'>;

/** The certificate with this id, made when there is none; its private key never leaves the key store. Asked for each time that it is given to Graph: that it is in use is noted. */
export async function notificationCertificate(
  deps: Deps,
  id: string,
): Promise<{ readonly ok: true; readonly value: EncryptionCertificate } | KeyStoreFailure> {
  const { secrets, clock } = deps;
  const name = notificationKeySecret(id);
  for (;;) {
    const kept = await secrets.read(name);
    if (!kept.ok) return kept;
    if (kept.value !== undefined) {
      const text = decodeText(kept.value);
      const usedAt = usedAtOf(text);
      // Where it cannot be noted now, it is the next time: keys are kept for much longer.
      if (usedAt === undefined || clock.now() - usedAt >= noteMs)
        await secrets.write(name, encodeText(withUse(text, clock.now())), kept.version);
      return { ok: true, value: { id, certificate: new X509Certificate(text).raw.toString('base64') } };
    }
    const made = await deps.makeCertificate({ commonName: id, now: clock.now() });
    const text = withUse(`${made.key}${made.certificate}`, clock.now());
    const written = await secrets.write(name, encodeText(text), kept.version);
    if (!written.ok && written.reason !== 'conflict') return written;
  }
}

const day = 86_400_000;
/** A use is noted this often at most: renewals come daily. */
const noteMs = 7 * day;

/**
 * A certificate is in use for as long as subscriptions are renewed with it, which is at least every three days, the longest life of one; what Graph encrypted to it by
 * then it delivers within four hours, and the hub keeps it for 90 days at most (retention of its highest tier). The rest is for uses that were not noted.
 */
const keepMs = (3 + 1 + 90) * day + 2 * noteMs;

/**
 * Removes the private keys of certificates that nothing can need any more, for good. Of what was kept without a note it is noted now: it may be in use.
 * @param quarantineDays how long what could not be read is kept, to be tried again
 * @returns ids of the certificates whose keys are gone
 */
export async function removeOldKeys(
  { secrets, clock }: Pick<Deps, 'secrets' | 'clock'>,
  quarantineDays: number,
): Promise<{ readonly ok: true; readonly removed: readonly string[] } | KeyStoreFailure> {
  const listed = await secrets.names(prefix);
  if (!listed.ok) return listed;
  const removed: string[] = [];
  for (const name of listed.names) {
    const kept = await secrets.read(name);
    if (!kept.ok) return kept;
    if (kept.value === undefined) continue;
    const text = decodeText(kept.value);
    const usedAt = usedAtOf(text);
    if (usedAt === undefined) {
      const noted = await secrets.write(name, encodeText(withUse(text, clock.now())), kept.version);
      if (!noted.ok && noted.reason !== 'conflict') return noted;
    } else if (clock.now() - usedAt > keepMs + quarantineDays * day) {
      const gone = await secrets.remove(name);
      if (!gone.ok) return gone;
      removed.push(name.slice(prefix.length));
    }
  }
  return { ok: true, removed };
}

/** What stands outside of its blocks is no part of a PEM file (RFC 7468 section 2). */
const note = /^used (\d{4}-\d\d-\d\dT[\d:.]+Z)\n/m;

function usedAtOf(text: string): number | undefined {
  const at = Date.parse(note.exec(text)?.[1] ?? '');
  return Number.isNaN(at) ? undefined : at;
}

function withUse(text: string, at: number): string {
  return `${text.replace(note, '').replace(/\n?$/, '\n')}used ${new Date(at).toISOString()}\n`;
}
