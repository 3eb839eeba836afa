import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import type { Access } from '#cli/deployed/access.ts';
import { type MayUseBlobs, startBlobFront } from '#cli/deployed/blob-front.ts';
import { type DeployedStack, nameOf, ofType } from '#cli/deployed/deployed-stack.ts';
import { endWithParent } from '#cli/deployed/role-process.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { ManagedIdentitySimulator } from '#simulator/managed-identity/simulator.ts';
import type { CertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** The vendor's emulator with the accounts and containers of a stack. */
export interface BlobStorage {
  /** Host of each account, to where it is. */
  readonly addresses: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const portPattern = /successfully listens? on https:\/\/127\.0\.0\.1:(\d+)/i;

/** Starts it in memory, over TLS, as a process of its own; bearer tokens are looked at (issuer, audience, dates). */
export async function startBlobStorage(
  stack: DeployedStack,
  given: {
    readonly authority: CertificateAuthority;
    readonly identity: Pick<ManagedIdentitySimulator, 'check'>;
    readonly access: Access;
    readonly onRefused: (detail: string) => void;
    readonly folder: string;
    readonly now: number;
  },
): Promise<BlobStorage> {
  const { authority, folder, now } = given;
  const accounts = ofType(stack, 'azure-native:storage:StorageAccount').map(({ inputs }) => {
    const name = String(inputs['accountName']);
    return { name, host: `${name}.blob.core.windows.net`, key: keyOf(stack, name) };
  });
  const tls = authority.issue(
    accounts.map(({ host }) => host),
    now,
  );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'cert.pem'), tls.cert);
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  const options = [
    ...['--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck'],
    ...['--disableTelemetry', '--oauth', 'basic', '--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')],
  ];
  const child = spawn(process.execPath, ['--import', endWithParent, emulator(), ...options], {
    cwd: folder,
    env: { ...process.env, AZURITE_ACCOUNTS: accounts.map(({ name, key }) => `${name}:${key}`).join(';') },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C is for whoever started it, which ends it when nobody needs it any more.
    detached: true,
  });
  const orphaned = () => child.kill('SIGKILL');
  process.on('exit', orphaned);
  const ended = once(child, 'exit').finally(() => process.off('exit', orphaned));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let said = '';
      const hear = (data: Buffer) => {
        said += data.toString();
        const found = portPattern.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the emulator of Blob storage ended with ${code}: ${said}`)));
    });
    const addresses = Object.fromEntries(accounts.map(({ host }) => [host, `127.0.0.1:${port}`]));
    await Promise.all(
      ofType(stack, 'azure-native:storage:BlobContainer').map(async ({ inputs }) => {
        const account = accounts.find(({ name }) => name === inputs['accountName']);
        if (account === undefined) return;
        const credential = new StorageSharedKeyCredential(account.name, account.key);
        const url = `https://${account.host}/${String(inputs['containerName'])}`;
        await containerClient(url, credential, { ca: authority.cert, addresses }).create();
      }),
    );
    const front = await startBlobFront({ tls, ca: authority.cert, port: Number(port), may: mayUse(stack, given) });
    return {
      addresses: Object.fromEntries(accounts.map(({ host }) => [host, `127.0.0.1:${front.port}`])),
      async close() {
        await front.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** By the role assignments of the stack ("Assign an Azure role for access to blob data", learn.microsoft.com). */
function mayUse(
  stack: DeployedStack,
  { identity, access, onRefused }: Pick<Parameters<typeof startBlobStorage>[1], 'identity' | 'access' | 'onRefused'>,
): MayUseBlobs {
  const containers = new Map(
    ofType(stack, 'azure-native:storage:BlobContainer').map(({ id, inputs }) => [
      `${String(inputs['accountName'])}.blob.core.windows.net/${String(inputs['containerName'])}`,
      id,
    ]),
  );
  return (token, { method, host, container }) => {
    const checked = identity.check(token, 'https://storage.azure.com');
    if (!checked.ok) return false;
    const reading = method === 'GET' || method === 'HEAD';
    const roles = [
      'Storage Blob Data Contributor',
      ...(reading ? (['Storage Blob Data Reader'] as const) : []),
    ] as const;
    if (access.has(checked.principalId, roles, containers.get(`${host}/${container}`) ?? '')) return true;
    onRefused(`${host} refuses ${method} in ${container} to ${nameOf(stack, checked.clientId)}`);
    return false;
  };
}

/** The key that the stack knows, where it gives one to somebody. */
function keyOf(stack: DeployedStack, account: string): string {
  for (const { inputs } of ofType(stack, 'azure-native:keyvault:Secret')) {
    const text = JSON.stringify(inputs['properties']);
    const found = text.includes(`AccountName=${account};`) ? /AccountKey=([^;"]+)/.exec(text)?.[1] : undefined;
    if (found !== undefined) return found;
  }
  return Buffer.from(`simulated key of ${account}`).toString('base64');
}

function emulator(): string {
  try {
    return createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  } catch {
    throw new CommandError(
      exitCodes.unreachable,
      'the emulator of Blob storage is not installed: run `npm install` in the checkout, with the packages for development',
    );
  }
}
