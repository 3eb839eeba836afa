import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';
import { freePort } from '#test/adapters/azure-blob/azurite.ts';

/** The emulator of Blob storage over TLS, where bearer tokens are looked at (issuer, audience, dates; no signature). */
export async function startAzuriteTls(
  tls: KeyAndCertificate,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-azurite-'));
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const port = await freePort();
  await writeFile(join(folder, 'cert.pem'), tls.cert);
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  const options = [
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence', '--skipApiVersionCheck'],
    ...['--disableTelemetry', '--oauth', 'basic', '--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')],
  ];
  const child = spawn(process.execPath, [main, ...options], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (/successfully listens on/i.test(output)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  return {
    port,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
