import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobProgress } from '#adapters/event-hubs/blob-progress.ts';
import { type Azurite, startAzurite } from '#test/adapters/azure-blob/azurite.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite?.stop());

const namespace = 'Contoso.servicebus.windows.net';
const never = new AbortController().signal;

function place() {
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const { credential } = service;
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('no key');
  const container = service.getContainerClient('ownership');
  const { url: containerUrl } = container;
  const progress = createBlobProgress({
    ...{ containerUrl, credential, namespace, hub: 'Notices', consumerGroup: '$Default' },
  });
  return { container, progress };
}

describe('what a scaler is left to see', () => {
  it('fails with words while there is no container, and is a checkpoint to the vendor’s own store once there is', async () => {
    const { container, progress } = place();
    const written = { partition: '3', sequenceNumber: 41, offset: '8589935032' };
    await expect(progress.write(written, never)).rejects.toThrow(/ContainerNotFound|does not exist/);
    await container.create();
    await progress.write({ ...written, sequenceNumber: 40 }, never);
    await progress.write(written, never);
    expect(await new BlobCheckpointStore(container).listCheckpoints(namespace, 'Notices', '$Default')).toMatchObject([
      { partitionId: '3', sequenceNumber: 41, offset: '8589935032' },
    ]);
    const { metadata } = await container
      .getBlobClient('contoso.servicebus.windows.net/notices/$default/checkpoint/3')
      .getProperties();
    expect(metadata).toMatchObject({ sequencenumber: '41', offset: '8589935032' });
  });
});
