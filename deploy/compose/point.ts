// Runs once in compose.yaml, when the simulators answer: writes what points Tocsin at them to `tocsin.json` in a folder that the roles share, and makes the
// container for partition ownership in Azurite, with an address that opens it. Arguments: the folder, and the state folder of the simulators.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, ContainerSASPermissions } from '@azure/storage-blob';
import { pointing } from './pointing.ts';

const [folder = '.', stateDir = '.tocsin'] = process.argv.slice(2);
const program = fileURLToPath(new URL('../../bin/tocsin.mjs', import.meta.url));
const found = execFileSync(process.execPath, [program, 'simulate', 'settings', '--json', '--state-dir', stateDir], {
  encoding: 'utf8',
});

// The account that every Azurite has, at 127.0.0.1:10000.
const container = BlobServiceClient.fromConnectionString('UseDevelopmentStorage=true', {
  retryOptions: { maxTries: 10, retryDelayInMs: 500, tryTimeoutInMs: 5_000 },
}).getContainerClient('ownership');
await container.createIfNotExists();
const url = await container.generateSasUrl({
  permissions: ContainerSASPermissions.parse('rwdl'),
  expiresOn: new Date(Date.now() + 3650 * 86_400_000),
});

for (const [name, text] of [
  ['ownership-url', url],
  [
    'tocsin.json',
    JSON.stringify(
      pointing(JSON.parse(found), (path) => readFileSync(path, 'utf8')),
      null,
      2,
    ),
  ],
] as const) {
  // Whole or not at all: a role may read it at any time.
  writeFileSync(join(folder, `${name}.new`), `${text}\n`, { mode: 0o600 });
  renameSync(join(folder, `${name}.new`), join(folder, name));
}
