import { randomUUID } from 'node:crypto';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobOwnership } from '#adapters/event-hubs/blob-ownership.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import type { Clock } from '#ports/clock.ts';
import { type Azurite, startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { describePartitionOwnership } from '#test/contract/partition-ownership.contract.ts';

const request = (partitionId: string, ownerId: string, etag?: string) => ({ partitionId, ownerId, etag });

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite?.stop());

const container = (name = `c-${randomUUID()}`) =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);

function open(containerUrl: string, clock: Clock = systemClock, expiryMs = 10_000) {
  const credential = BlobServiceClient.fromConnectionString(azurite.connectionString).credential;
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('no key');
  return createBlobOwnership({
    ...{
      containerUrl,
      credential,
      namespace: 'Contoso.servicebus.windows.net',
      hub: 'Notices',
      consumerGroup: '$Default',
    },
    ...{ clock, expiryMs },
  });
}

// Without a way to let claims expire: the storage's own clock counts, and nobody can move that. A test below does it differently.
describePartitionOwnership('Blob storage', async () => {
  const place = container();
  return {
    ownership: open(place.url),
    other: open(place.url),
    dispose: async () => void (await place.deleteIfExists()),
  };
});

describe('claims in Blob storage', () => {
  it('makes the container and begins without claims', async () => {
    const place = container();
    expect(await open(place.url).list()).toEqual([]);
    expect(await place.exists()).toBe(true);
  });

  it('keeps claims in the layout of the vendor’s checkpoint store', async () => {
    const place = container();
    await open(place.url).claim([request('0', 'me')]);
    const names: string[] = [];
    for await (const blob of place.listBlobsFlat()) names.push(blob.name);
    expect(names).toEqual(['contoso.servicebus.windows.net/notices/$default/ownership/0']);
  });

  it('refuses a first claim where somebody else was faster', async () => {
    const place = container();
    const [a, b] = [open(place.url), open(place.url)];
    await a.list();
    await b.list();
    const answers = await Promise.all([a.claim([request('0', 'a')]), b.claim([request('0', 'b')])]);
    expect(answers.flat()).toHaveLength(1);
    expect(await a.list()).toEqual(answers.flat());
  });

  it('leaves out claims that nobody renewed, judged by the clock of the storage, and lets others have them', async () => {
    const place = container();
    // A machine whose clock is a day slow.
    const slow: Clock = { ...systemClock, now: () => Date.now() - 86_400_000 };
    const patient = open(place.url, slow, 3_600_000);
    const hasty = open(place.url, slow, -2_000);
    await patient.claim([request('0', 'a')]);
    expect(await patient.list()).toHaveLength(1);
    expect(await hasty.list()).toEqual([]);
    expect(await hasty.claim([request('0', 'b')])).toMatchObject([{ partitionId: '0', ownerId: 'b' }]);
  });

  it('forgets claims that were given back, at once, and only one’s own', async () => {
    const ownership = open(container().url);
    await ownership.claim([request('0', 'a'), request('1', 'a'), request('2', 'b')]);
    await ownership.release('a', ['0', '2']);
    expect((await ownership.list()).map((claim) => claim.partitionId).sort()).toEqual(['1', '2']);
    expect(await ownership.claim([request('0', 'b')])).toMatchObject([{ ownerId: 'b' }]);
  });

  it('throws without a secret when the storage is away', async () => {
    const url = `http://127.0.0.1:${await freePort()}/devstoreaccount1/c?sv=1&sig=SECRETSECRET`;
    const ownership = createBlobOwnership({
      ...{ containerUrl: url, namespace: 'n', hub: 'h', consumerGroup: 'g', clock: systemClock },
    });
    await expect(ownership.list()).rejects.toThrow();
    const error: unknown = await ownership.claim([request('0', 'a', 'e')]).catch((reason: unknown) => reason);
    expect(String(error)).not.toContain('SECRET');
  });
});
