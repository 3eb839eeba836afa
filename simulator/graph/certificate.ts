import { type KeyObject, X509Certificate } from 'node:crypto';
import { invalid, type Refusal } from '#simulator/graph/reply.ts';

export interface EncryptionCertificateParts {
  readonly publicKey: KeyObject;
  /** SHA-1 of the certificate, upper-case hexadecimal. */
  readonly thumbprint: string;
}

/**
 * Reads an `encryptionCertificate` as Graph demands it ("Set up change notifications that include resource data"): base64 of X.509 in DER, the public part only, RSA of
 * 2,048 to 4,096 bits. Issuer and dates are not looked at.
 */
export function readCertificate(text: string): EncryptionCertificateParts | Refusal {
  const unreadable = invalid(
    'Certificate validation error: encryptionCertificate must be a base64-encoded X.509 certificate.',
  );
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) return unreadable;
  let certificate: X509Certificate;
  try {
    const der = Buffer.from(text, 'base64');
    // DER begins with a SEQUENCE; OpenSSL would take other forms as well.
    if (der[0] !== 0x30) return unreadable;
    certificate = new X509Certificate(der);
  } catch {
    return unreadable;
  }
  const { publicKey } = certificate;
  const length = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== 'rsa')
    return invalid('Certificate validation error: the public key of encryptionCertificate must be an RSA key.');
  if (length < 2048 || length > 4096)
    return invalid('Certificate validation error: the RSA key of encryptionCertificate must have 2048 to 4096 bits.');
  return { publicKey, thumbprint: certificate.fingerprint.replaceAll(':', '') };
}
