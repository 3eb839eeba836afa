import { createPublicKey, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** Both PEM: the key as PKCS #8. */
export interface SelfSigned {
  readonly key: string;
  readonly certificate: string;
}

const dayMs = 86_400_000;
/** Whoever encrypts to it does not look at its dates; two years leave room for every rotation. */
const lifeDays = 730;

/**
 * A new RSA key of 2,048 bits and its self-signed certificate (RFC 5280 section 4.1), for rich notifications ("Change notifications with resource data": RSA,
 * 2,048 to 4,096 bits, the issuer is not checked).
 * @param options.now milliseconds since 1970 UTC; valid from an hour before, since clocks differ
 */
export async function makeSelfSigned(options: {
  readonly commonName: string;
  readonly now: number;
}): Promise<SelfSigned> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const name = sequence(
    element(0x31, sequence(oid('2.5.4.3'), element(0x0c, Buffer.from(options.commonName, 'utf8')))),
  );
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))), // version 3
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial number: positive
    sha256WithRsa,
    name,
    sequence(time(options.now - 3_600_000), time(options.now + lifeDays * dayMs)),
    name,
    createPublicKey(pair.privateKey).export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        extension('2.5.29.19', sequence()), // basic constraints: no authority
        extension('2.5.29.15', element(0x03, Buffer.from([5, 0x20]))), // key usage: key encipherment
      ),
    ),
  );
  const signature = element(0x03, Buffer.from([0]), sign('sha256', toBeSigned, pair.privateKey));
  const der = sequence(toBeSigned, sha256WithRsa, signature);
  return {
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: pem('CERTIFICATE', der),
  };
}

// The few forms of ASN.1's distinguished encoding (ITU-T X.690) that such a certificate is made of.

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(0x30, ...contents);
}

/** All of them critical. */
function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), element(0x01, Buffer.from([0xff])), element(0x04, value));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** To the second (RFC 5280 section 4.1.2.5: two-digit years until 2049). */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const short = new Date(ms).getUTCFullYear() < 2050;
  return element(short ? 0x17 : 0x18, Buffer.from(short ? digits.slice(2) : digits, 'ascii'));
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), element(0x05));
