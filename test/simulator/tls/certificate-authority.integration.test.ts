import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { createCertificateAuthority, openCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** How a client that trusts `ca` ends up with a server: `authorized`, or the error's code. */
async function handshake(server: { key: string; cert: string }, ca: string, host: string): Promise<string> {
  const listener = createServer(server, (socket) => socket.end());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const servername = host === '127.0.0.1' ? {} : { servername: host };
      const socket = connect({ port, host: '127.0.0.1', ca, ...servername }, () => {
        resolve('authorized');
        socket.destroy();
      });
      socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    });
  } finally {
    await new Promise((resolve) => listener.close(resolve));
  }
}

it('is trusted by TLS clients for the names and addresses it issued for, and for no others', async () => {
  const authority = createCertificateAuthority(Date.now());
  const leaf = authority.issue(['localhost', '127.0.0.1', '::1'], Date.now());
  expect(await handshake(leaf, authority.cert, 'localhost')).toBe('authorized');
  expect(await handshake(leaf, authority.cert, '127.0.0.1')).toBe('authorized');
  expect(await handshake(leaf, authority.cert, 'other.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
});

it('is not trusted by clients that know another authority', async () => {
  const authority = createCertificateAuthority(Date.now());
  const stranger = createCertificateAuthority(Date.now());
  const leaf = authority.issue(['localhost'], Date.now());
  expect(await handshake(leaf, stranger.cert, 'localhost')).not.toBe('authorized');
});

it('issues nothing that is valid beyond its own end', () => {
  const start = Date.UTC(2026, 0, 1);
  const authority = createCertificateAuthority(start);
  const late = start + 3600 * 86_400_000;
  const leaf = new X509Certificate(authority.issue(['localhost'], late).cert);
  expect(Date.parse(leaf.validTo)).toBe(Date.parse(new X509Certificate(authority.cert).validTo));
});

it('writes certificates that OpenSSL verifies strictly', async (context) => {
  try {
    execFileSync('openssl', ['version']);
  } catch {
    context.skip('openssl is not installed');
  }
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-ca-'));
  folders.push(folder);
  const authority = await openCertificateAuthority(folder, Date.now());
  const leaf = authority.issue(['localhost', '127.0.0.1'], Date.now());
  const output = execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', join(folder, 'ca.pem')], {
    input: leaf.cert,
    encoding: 'utf8',
  });
  expect(output).toContain('OK');
});

it('stays the same in its folder, keeps its key to its owner, and is renewed before it ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-ca-'));
  folders.push(folder);
  const now = Date.now();
  const first = await openCertificateAuthority(folder, now);
  const second = await openCertificateAuthority(folder, now + 86_400_000);
  expect(second.cert).toBe(first.cert);
  if (process.platform !== 'win32') expect((await stat(join(folder, 'ca-key.pem'))).mode & 0o777).toBe(0o600);
  const renewed = await openCertificateAuthority(folder, now + 3500 * 86_400_000);
  expect(renewed.cert).not.toBe(first.cert);
});
