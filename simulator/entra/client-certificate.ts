import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bits, element, integer, oid, pem, sequence, set, time, utf8 } from '#simulator/tls/der.ts';

/** What an application proves itself with: an RSA key and its self-signed certificate, as Entra's client assertions want them. */
export interface ClientCertificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /** Upper-case hex of SHA-256 over the certificate: `thumbprintSha256` of MSAL. */
  readonly thumbprintSha256: string;
}

/**
 * @param from milliseconds since 1970 UTC
 * @param days until it runs out
 */
export function createClientCertificate(commonName: string, from: number, days: number): ClientCertificate {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
  const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), element(0x05));
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sha256WithRsa,
    name,
    sequence(time(from), time(from + days * 86_400_000)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const der = sequence(toBeSigned, sha256WithRsa, bits(sign('sha256', toBeSigned, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem('CERTIFICATE', der),
    thumbprintSha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
  };
}
