import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The vendor's own emulator of Blob storage, as a process of its own. */
export interface Azurite {
  /** For the well-known development account. */
  readonly connectionString: string;
  /** `http://127.0.0.1:port/devstoreaccount1` */
  readonly url: string;
  stop(): Promise<void>;
}

const account = 'devstoreaccount1';
/** Published by the vendor for its emulators; opens nothing else. */
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Starts it on a free port with an empty folder that is removed afterwards. */
export async function startAzurite(): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-azurite-'));
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const port = await freePort();
  // The current client asks for a version of the protocol that the emulator does not list.
  const options = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
    '--inMemoryPersistence',
    '--skipApiVersionCheck',
  ];
  const child = spawn(process.execPath, [main, ...options, '--disableTelemetry'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (/successfully listens on/i.test(output)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  const url = `http://127.0.0.1:${port}/${account}`;
  return {
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

/** A port of the loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
