import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, boolean, element, integer, octets, oid, pem, sequence, set, time, utf8 } from '#simulator/tls/der.ts';

const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), element(0x05));

/** What a vault's issuer `Self` makes of a policy: a certificate (PEM) that its own key signs (RFC 5280 section 4.1). */
export function selfSigned(privateKey: KeyObject, subject: string, from: number, until: number): string {
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(subject.replace(/^CN=/i, '')))));
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sha256WithRsa,
    name,
    sequence(time(from), time(until)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        sequence(oid('2.5.29.19'), boolean(true), octets(sequence())),
        sequence(oid('2.5.29.15'), boolean(true), octets(bits(Buffer.from([0x20]), 5))),
      ),
    ),
  );
  return pem('CERTIFICATE', sequence(toBeSigned, sha256WithRsa, bits(sign('sha256', toBeSigned, privateKey))));
}
