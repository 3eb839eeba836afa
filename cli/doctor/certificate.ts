import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Finding } from '#cli/doctor/finding.ts';
import { exitCodes } from '#cli/exit-codes.ts';

const dayMs = 86_400_000;
const certificateSoonMs = 30 * dayMs;
const grantSoonMs = 14 * dayMs;

/**
 * The certificate that the application signs in with: whether it can be read, is valid still, and belongs to its key.
 * @param file PEM; the first certificate in it counts
 * @param key PEM of the private key; absent where a managed identity signs in, and then nothing is compared
 * @param now milliseconds since 1970 UTC
 */
export function checkCertificate(file: string, key: string | undefined, now: number): Finding {
  const check = 'events certificate';
  const fault = (found: string, remedy: string): Finding => ({
    ...{ check, state: 'fault', found, remedy },
    exit: exitCodes.settings,
  });
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(file, 'utf8'));
  } catch {
    return fault(
      `TOCSIN_EVENTS_CERTIFICATE: ${file} cannot be read as a certificate in PEM`,
      'Put the certificate there that is uploaded to the application, in PEM.',
    );
  }
  const [begins, ends] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const until = new Date(ends).toISOString();
  if (ends <= now)
    return fault(
      `it ended at ${until}`,
      'Make a new certificate, upload it to the application in Entra ID, and set TOCSIN_EVENTS_CERTIFICATE and TOCSIN_EVENTS_PRIVATE_KEY to it.',
    );
  if (begins > now)
    return fault(
      `it is valid from ${new Date(begins).toISOString()} on, and that is yet to come`,
      'Check the time of this machine; else use a certificate that is valid now.',
    );
  if (key !== undefined && !belongs(certificate, key))
    return fault(
      'TOCSIN_EVENTS_PRIVATE_KEY is not the key of TOCSIN_EVENTS_CERTIFICATE, or cannot be read',
      'Set both from the same pair: an RSA key in PEM without a password, and its certificate.',
    );
  if (ends - now <= certificateSoonMs)
    return {
      ...{ check, state: 'warning', found: `it ends at ${until}, ${inDays(ends - now)}` },
      remedy:
        'Upload a new one to the application in Entra ID beside the old one, then set TOCSIN_EVENTS_CERTIFICATE and TOCSIN_EVENTS_PRIVATE_KEY to it.',
    };
  return { check, state: 'ok', found: `valid until ${until}${key === undefined ? '' : ', and its key is there'}` };
}

/**
 * A sign-in that there is.
 * @param endsAt when it ends if nothing is done, milliseconds since 1970 UTC; absent where it does not, or nobody knows
 */
export function checkGrant(feed: string, endsAt: number | undefined, now: number): Finding {
  const check = `${feed} sign-in`;
  if (endsAt === undefined) return { check, state: 'ok', found: 'is there' };
  const until = new Date(endsAt).toISOString();
  return endsAt - now > grantSoonMs
    ? { check, state: 'ok', found: `is there, until ${until}` }
    : {
        ...{
          check,
          state: 'warning',
          found: endsAt > now ? `ends at ${until}, ${inDays(endsAt - now)}` : `ended at ${until}`,
        },
        remedy: `Sign in again before it ends: \`tocsin sign-in --feed ${feed}\`.`,
      };
}

function belongs(certificate: X509Certificate, key: string): boolean {
  try {
    const found = createPrivateKey(key);
    return found.asymmetricKeyType === 'rsa' && certificate.checkPrivateKey(found);
  } catch {
    return false;
  }
}

function inDays(ms: number): string {
  const days = Math.floor(ms / dayMs);
  return days < 1 ? 'within a day' : days === 1 ? 'in a day' : `in ${days} days`;
}
