import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { accessOf } from '#cli/deployed/access.ts';
import { type BlobStorage, startBlobStorage } from '#cli/deployed/blob-storage.ts';
import type { DeployedStack } from '#cli/deployed/deployed-stack.ts';
import { type AzureRole, roleDefinitionId } from '#infra/azure-roles.ts';
import {
  createManagedIdentitySimulator,
  type ManagedIdentitySimulator,
} from '#simulator/managed-identity/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

const account = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stkeys';
const container = `${account}/blobServices/default/containers/subject-keys`;
const [ingest, desk] = [0, 1].map(() => ({ clientId: randomUUID(), principalId: randomUUID() })) as [
  { readonly clientId: string; readonly principalId: string },
  { readonly clientId: string; readonly principalId: string },
];
const assigned = (principalId: string, role: AzureRole) => ({
  ...{ id: `${container}/${role}`, type: 'azure-native:authorization:RoleAssignment', computed: {} },
  inputs: { principalId, roleDefinitionId: roleDefinitionId('s', role), scope: container },
});
const unit = (name: 'ingest' | 'desk', identity: typeof ingest) =>
  ({ kind: 'app', name, roles: [name], identity, settings: {} }) as const;
const tenantId = randomUUID();
const stack = {
  ...{ tenant: 'contoso', tenantId, deskUrl: '', notificationUrl: '' },
  units: [unit('ingest', ingest), unit('desk', desk)],
  resources: [
    {
      ...{ id: account, type: 'azure-native:storage:StorageAccount', computed: {} },
      inputs: { accountName: 'stkeys' },
    },
    {
      ...{ id: container, type: 'azure-native:storage:BlobContainer', computed: {} },
      inputs: { accountName: 'stkeys', containerName: 'subject-keys' },
    },
    assigned(ingest.principalId, 'Storage Blob Data Contributor'),
    assigned(desk.principalId, 'Storage Blob Data Reader'),
  ],
} as unknown as DeployedStack;

describe('the simulated storage of a stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-storage-'));
  const authority = createCertificateAuthority(Date.now());
  const refused: string[] = [];
  let identity: ManagedIdentitySimulator;
  let storage: BlobStorage;
  beforeAll(async () => {
    identity = await createManagedIdentitySimulator({ clock: systemClock, tenantId, identities: [ingest, desk] });
    storage = await startBlobStorage(stack, {
      ...{ authority, identity, folder, now: Date.now(), access: accessOf(stack) },
      onRefused: (detail) => void refused.push(detail),
    });
  });
  afterAll(async () => {
    await storage?.close();
    await identity?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const blobOf = (who: typeof ingest, resource = 'https://storage.azure.com/') => {
    const credential = {
      async getToken() {
        const query = new URLSearchParams({ 'api-version': '2019-08-01', resource, client_id: who.clientId });
        const headers = { 'x-identity-header': identity.headerOf(who.clientId) };
        const answer = (await (await fetch(`${identity.endpoint}?${query}`, { headers })).json()) as {
          access_token: string;
        };
        return { token: answer.access_token, expiresOnTimestamp: Date.now() + 60_000 };
      },
    };
    const transport = { ca: authority.cert, addresses: storage.addresses };
    return containerClient(
      'https://stkeys.blob.core.windows.net/subject-keys',
      credential,
      transport,
    ).getBlockBlobClient('one');
  };

  it('lets everybody do what the role assignments say, and nothing else', async () => {
    await blobOf(ingest).upload('sealed', 6);
    expect((await blobOf(desk).downloadToBuffer()).toString()).toBe('sealed');
    await expect(blobOf(desk).upload('mine', 4)).rejects.toMatchObject({ statusCode: 403 });
    await expect(blobOf(desk).delete()).rejects.toMatchObject({ statusCode: 403 });
    expect(refused).toEqual([
      'stkeys.blob.core.windows.net refuses PUT in subject-keys to desk',
      'stkeys.blob.core.windows.net refuses DELETE in subject-keys to desk',
    ]);
  });

  it('takes no token that is for something else', async () => {
    await expect(blobOf(ingest, 'https://vault.azure.net').downloadToBuffer()).rejects.toMatchObject({
      statusCode: 403,
    });
  });
});
