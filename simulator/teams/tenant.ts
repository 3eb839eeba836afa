import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sites } from '#simulator/teams/directory.ts';

/** A subscription of the simulated Graph, live from the start so that no call waits for one. */
export interface SeededSubscription {
  readonly id: string;
  readonly feed: 'chat' | 'events';
  /** Events feed only. */
  readonly policy?: string;
  readonly resource: string;
  readonly clientState: string;
}

/** The simulated Microsoft 365 tenant; the same after a restart. */
export interface SimulatedTenant {
  readonly id: string;
  readonly domain: string;
  /** Sign-in name of the service user whose chats are watched. */
  readonly serviceUser: string;
  readonly certificate: { readonly id: string; readonly publicKey: KeyObject };
  /** Folder with the private key, as `TOCSIN_NOTIFICATION_KEYS` wants it. */
  readonly keysFolder: string;
  readonly subscriptions: readonly SeededSubscription[];
}

const certificateId = 'simulated-tenant-1';

/** Opens the tenant kept in a folder, or founds one there. */
export async function openTenant(folder: string): Promise<SimulatedTenant> {
  const keysFolder = join(folder, 'notification-keys');
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  const pem = await readOrWrite(join(keysFolder, `${certificateId}.pem`), makeKey);
  const kept = JSON.parse(
    await readOrWrite(join(folder, 'tenant.json'), async () => JSON.stringify(found(), null, 2)),
  ) as Pick<SimulatedTenant, 'id' | 'domain' | 'serviceUser' | 'subscriptions'>;
  return { ...kept, keysFolder, certificate: { id: certificateId, publicKey: createPublicKey(createPrivateKey(pem)) } };
}

async function makeKey(): Promise<string> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function found(): Pick<SimulatedTenant, 'id' | 'domain' | 'serviceUser' | 'subscriptions'> {
  const serviceUserId = '7a0e0000-0000-4000-8000-0000000000aa';
  const secret = () => randomBytes(24).toString('base64url');
  const policies = [...new Set(sites.map((site) => site.policy))];
  return {
    id: randomUUID(),
    domain: 'contoso.example',
    serviceUser: 'security-desk@contoso.example',
    subscriptions: [
      {
        id: randomUUID(),
        feed: 'chat',
        resource: `users/${serviceUserId}/chats/getAllMessages`,
        clientState: secret(),
      },
      ...policies.map((policy) => ({
        id: randomUUID(),
        feed: 'events' as const,
        policy,
        resource: `communications/calls/getEmergencyEventsByPolicy(policyName='${policy}')`,
        clientState: secret(),
      })),
    ],
  };
}

async function readOrWrite(file: string, make: () => Promise<string>): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const text = await make();
  await writeFile(file, text, { mode: 0o600 });
  return text;
}
