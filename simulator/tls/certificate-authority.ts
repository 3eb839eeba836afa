import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { bits, boolean, element, integer, octets, oid, pem, sequence, set, time, utf8 } from './der.ts';

/** A private key (PKCS #8) and its certificate, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** Issues the certificates of the simulators' TLS listeners. For tests and simulators: there is no revocation. */
export interface CertificateAuthority extends KeyAndCertificate {
  /**
   * A server certificate for host names and IP addresses, valid for at most 397 days (what clients accept) and never
   * longer than the authority itself.
   * @param names at least one; the first is also the common name
   */
  issue(names: readonly string[], now: number): KeyAndCertificate;
}

const dayMs = 86_400_000;
const authorityDays = 3650;
const leafDays = 397;
const commonName = 'Tocsin simulator authority';
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** A new authority with an ECDSA P-256 key. @param now milliseconds since 1970 UTC */
export function createCertificateAuthority(now: number): CertificateAuthority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const until = now + authorityDays * dayMs;
  const cert = certificate(privateKey, privateKey, commonName, now, until, [
    extension('2.5.29.19', true, sequence(boolean(true))), // basic constraints: an authority
    extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)), // key usage: signs certificates and revocations
  ]);
  return certificateAuthority({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert });
}

/** The authority of a key and certificate that were kept. */
function certificateAuthority(kept: KeyAndCertificate): CertificateAuthority {
  const signer = createPrivateKey(kept.key);
  const until = Date.parse(new X509Certificate(kept.cert).validTo);
  return {
    ...kept,
    issue: (names, now) => {
      const [first] = names;
      if (first === undefined) throw new TypeError('a certificate needs a name');
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate(privateKey, signer, first, now, Math.min(until, now + leafDays * dayMs), [
        extension('2.5.29.19', true, sequence()),
        extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)), // key usage: digital signature
        extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // extended key usage: TLS servers
        extension('2.5.29.17', false, sequence(...names.map(alternativeName))),
      ]);
      return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

/**
 * The authority kept in a folder as `ca.pem` and `ca-key.pem` (0600), made on first use and when less than a leaf's
 * life of it is left. Clients trust it through `ca.pem`.
 */
export async function openCertificateAuthority(folder: string, now: number): Promise<CertificateAuthority> {
  const certFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'ca-key.pem');
  try {
    const kept = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    const x509 = new X509Certificate(kept.cert);
    if (Date.parse(x509.validTo) > now + leafDays * dayMs && x509.checkPrivateKey(createPrivateKey(kept.key))) {
      return certificateAuthority(kept);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const authority = createCertificateAuthority(now);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(keyFile, authority.key, 0o600);
  await replace(certFile, authority.cert, 0o644);
  return authority;
}

async function replace(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}

/** A signed certificate (RFC 5280 section 4.1). */
function certificate(
  subjectKey: KeyObject,
  signer: KeyObject,
  subject: string,
  from: number,
  until: number,
  extensions: readonly Buffer[],
): string {
  const spki = publicKeyInfo(subjectKey);
  const identifiers = [
    extension('2.5.29.14', false, octets(keyIdentifier(spki))),
    extension('2.5.29.35', false, sequence(element(0x80, keyIdentifier(publicKeyInfo(signer))))),
  ];
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    name(commonName),
    // An hour back: clocks differ.
    sequence(time(from - 3_600_000), time(until)),
    name(subject),
    spki,
    element(0xa3, sequence(...extensions, ...identifiers)),
  );
  return pem('CERTIFICATE', sequence(toBeSigned, ecdsaWithSha256, bits(sign('sha256', toBeSigned, signer))));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function keyIdentifier(spki: Buffer): Buffer {
  return createHash('sha1').update(spki).digest();
}

function name(text: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

/** A host name or IP address (RFC 5280 section 4.2.1.6). */
function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return element(0x82, Buffer.from(host, 'ascii'));
  return element(0x87, isIP(host) === 4 ? Buffer.from(host.split('.').map(Number)) : ipv6(host));
}

function ipv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0');
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
