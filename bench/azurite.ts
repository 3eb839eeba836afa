import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Room } from '#bench/room.ts';

/** Published by the vendor for its emulators; opens nothing else. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Starts the vendor's emulator of Blob storage, in memory, as a process of its own; answers its connection string. */
export async function startAzurite(room: Room): Promise<string> {
  const cwd = room.fresh('azurite');
  mkdirSync(cwd);
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  // Port 0 takes a free one, which it prints. The current client asks for a version of the protocol that the emulator does not list.
  const options = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck'];
  const child = spawn(process.execPath, [main, ...options, '--silent', '--disableTelemetry'], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  room.defer(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const found = /successfully listens on (http:\/\/\S+)/i.exec(output);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url}/${account};`;
}
