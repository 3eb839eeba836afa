import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  randomUUID,
  X509Certificate,
} from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { people, sites } from '#simulator/teams/directory.ts';
import { makeRsaKey, selfSigned } from '#simulator/teams/self-signed.ts';

/** A subscription of the simulated Graph, live from the start so that no call waits for one. */
export interface SeededSubscription {
  readonly id: string;
  readonly feed: 'chat' | 'events';
  /** Events feed only. */
  readonly policy?: string;
  readonly resource: string;
  readonly clientState: string;
}

/** A user as the simulated directory has it. */
export interface SimulatedUser {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  /** E.164; absent for the service user. */
  readonly phoneNumber?: string;
}

/** The simulated Microsoft 365 tenant; the same after a restart. */
export interface SimulatedTenant {
  readonly id: string;
  readonly domain: string;
  /** Sign-in name of the service user whose chats are watched. */
  readonly serviceUser: string;
  /** Object id of the service user. */
  readonly serviceUserId: string;
  /** The service user first, then everybody who may dial. */
  readonly users: readonly SimulatedUser[];
  /** Application (client) id of the public client that the service user signs in with. */
  readonly chatClientId: string;
  /** Application (client) id of the confidential client of the emergency events feed. */
  readonly eventsClientId: string;
  /** Application (client) id that people sign in to the desk with; it proves itself by the certificate of the events client. */
  readonly deskClientId: string;
  /** Path of the PEM file with the certificate that the events client signs in with. */
  readonly eventsCertificate: string;
  /** Path of the PEM file with its private key (PKCS #8). */
  readonly eventsPrivateKey: string;
  /** Of the seeded subscriptions. `der` is base64 of the X.509 certificate, as `encryptionCertificate` wants it. */
  readonly certificate: { readonly id: string; readonly publicKey: KeyObject; readonly der: string };
  /** Folder with the private key, as `TOCSIN_NOTIFICATION_KEYS` wants it. */
  readonly keysFolder: string;
  readonly subscriptions: readonly SeededSubscription[];
}

type Kept = Pick<
  SimulatedTenant,
  | 'id'
  | 'domain'
  | 'serviceUser'
  | 'serviceUserId'
  | 'chatClientId'
  | 'eventsClientId'
  | 'deskClientId'
  | 'subscriptions'
>;

const certificateId = 'simulated-tenant-1';

/** Opens the tenant kept in a folder, or founds one there. What an older version did not keep is added. */
export async function openTenant(
  folder: string,
  options: {
    /** Emergency calling policies with a seeded subscription each; default: those of the sites. Counts when the tenant is founded. */
    readonly policies?: readonly string[];
  } = {},
): Promise<SimulatedTenant> {
  const keysFolder = join(folder, 'notification-keys');
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  const key = createPrivateKey(await readOrWrite(join(keysFolder, `${certificateId}.pem`), makeRsaKey));
  // Not among the keys: every file of that folder is taken for a private key.
  const notification = await readOrWrite(join(folder, 'notification-certificate.pem'), async () =>
    selfSigned('Tocsin simulated notifications', key),
  );
  const eventsPrivateKey = join(folder, 'events-key.pem');
  const eventsCertificate = join(folder, 'events-certificate.pem');
  const eventsKey = createPrivateKey(await readOrWrite(eventsPrivateKey, makeRsaKey));
  await readOrWrite(eventsCertificate, async () => selfSigned('Tocsin simulated events client', eventsKey));
  const kept = await keep(
    join(folder, 'tenant.json'),
    options.policies ?? [...new Set(sites.map((site) => site.policy))],
  );
  return {
    ...kept,
    users: [
      { id: kept.serviceUserId, displayName: 'Security Desk', userPrincipalName: kept.serviceUser },
      ...people.map(({ id, displayName, upn, phoneNumber }) => ({
        id,
        displayName,
        userPrincipalName: upn,
        phoneNumber,
      })),
    ],
    eventsCertificate,
    eventsPrivateKey,
    keysFolder,
    certificate: {
      id: certificateId,
      publicKey: createPublicKey(key),
      der: new X509Certificate(notification).raw.toString('base64'),
    },
  };
}

async function keep(file: string, policies: readonly string[]): Promise<Kept> {
  const text = await readOrWrite(file, async () => JSON.stringify(found(policies), null, 2));
  const read = JSON.parse(text) as Partial<Kept>;
  const kept = { ...found(policies), ...read };
  if (Object.keys(read).length < Object.keys(kept).length) {
    await writeFile(file, JSON.stringify(kept, null, 2), { mode: 0o600 });
  }
  return kept;
}

function found(policies: readonly string[]): Kept {
  const serviceUserId = '7a0e0000-0000-4000-8000-0000000000aa';
  const secret = () => randomBytes(24).toString('base64url');
  return {
    id: randomUUID(),
    domain: 'contoso.example',
    serviceUser: 'security-desk@contoso.example',
    serviceUserId,
    chatClientId: randomUUID(),
    eventsClientId: randomUUID(),
    deskClientId: randomUUID(),
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
        resource: `communications/calls/getEmergencyEventsByPolicy(policyName='${policy.replaceAll("'", "''")}')`,
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
