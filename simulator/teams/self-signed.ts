import { createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { element, integer, oid, pem, sequence, set, time, utf8 } from '#simulator/tls/der.ts';

/** sha256WithRSAEncryption with its NULL parameters (RFC 4055 section 5). */
const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), element(0x05));

/** A new RSA key of 2,048 bits, PKCS #8 in PEM. */
export async function makeRsaKey(): Promise<string> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * A self-signed X.509 certificate of an RSA key (RFC 5280 section 4.1), PEM: what Graph takes for rich notifications, and Entra as credential of an application.
 * Valid from 2020 to the end of 2049, so that a simulated year never runs out of it.
 */
export function selfSigned(commonName: string, privateKey: KeyObject): string {
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
  const toBeSigned = sequence(
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sha256WithRsa,
    name,
    sequence(time(Date.UTC(2020, 0, 1)), time(Date.UTC(2049, 11, 31))),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const signature = element(0x03, Buffer.from([0]), sign('sha256', toBeSigned, privateKey));
  return pem('CERTIFICATE', sequence(toBeSigned, sha256WithRsa, signature));
}
