import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import type { Deployed } from '#cli/deployed/start-deployed.ts';

/** Names of the secrets in a container of a role's settings, as the storage's own operator would list them. */
export async function secretsIn({ services, authority }: Deployed, containerUrl = ''): Promise<readonly string[]> {
  const { hostname } = new URL(containerUrl);
  const account = hostname.split('.')[0] ?? '';
  const credential = new StorageSharedKeyCredential(
    account,
    Buffer.from(`simulated key of ${account}`).toString('base64'),
  );
  const container = containerClient(containerUrl, credential, { ca: authority, addresses: services.addresses });
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: 'secrets/' }))
    names.push(name.replace(/^secrets\//, ''));
  return names;
}
