import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** The vendor's own emulator of Blob storage, as a process of its own. */
export interface Azurite {
  readonly port: number;
  /** With the path of its one account. */
  readonly url: string;
  readonly connectionString: string;
  stop(): Promise<void>;
}

const account = 'devstoreaccount1';
/** Published by the vendor for its emulators; opens nothing else. */
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts it on a free port, in memory, with an empty folder that is removed afterwards.
 * @param tls with it, it speaks TLS and looks at bearer tokens (issuer, audience, dates; no signature)
 */
export async function startAzurite(tls?: KeyAndCertificate): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-azurite-'));
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  // Port 0 takes a free one, which it prints. The current client asks for a version of the protocol that the emulator does not list.
  const options = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck'];
  const child = spawn(
    process.execPath,
    [main, ...options, ...(tls === undefined ? [] : await secured(folder, tls)), '--disableTelemetry'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const found = /successfully listens on https?:\/\/127\.0\.0\.1:(\d+)/i.exec(output);
      if (found !== null) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/${account}`;
  return {
    port,
    url,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url};`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function secured(folder: string, tls: KeyAndCertificate): Promise<readonly string[]> {
  const [cert, secret] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, tls.cert);
  await writeFile(secret, tls.key, { mode: 0o600 });
  return ['--oauth', 'basic', '--cert', cert, '--key', secret];
}
