import { BlobServiceClient } from '@azure/storage-blob';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { type EngineBench, noEngine, startBench } from '#test/infra/engine/engine.ts';

const secret = 'canary-of-the-backend';

describe.skipIf(noEngine !== undefined)(
  `state in Blob storage${noEngine === undefined ? '' : ` (${noEngine})`}`,
  () => {
    let azurite: Azurite;
    let bench: EngineBench;
    beforeAll(async () => {
      azurite = await startAzurite();
      const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
      await service.getContainerClient('pulumi').create();
      const parts = new Map(
        azurite.connectionString.split(';').map((part) => part.split(/=(.*)/s, 2) as [string, string]),
      );
      const { host, protocol } = new URL(parts.get('BlobEndpoint') ?? '');
      bench = await startBench({
        PULUMI_BACKEND_URL: `azblob://pulumi?domain=${host}&protocol=${protocol.replace(':', '')}&localemu=true&storage_account=${parts.get('AccountName')}`,
        AZURE_STORAGE_KEY: parts.get('AccountKey') ?? '',
        AZURE_STORAGE_ACCOUNT: parts.get('AccountName') ?? '',
      });
    });
    afterAll(async () => {
      await bench?.close();
      await azurite?.stop();
    });

    it('holds a stack, its lock and its outputs, and secrets only as ciphertext', async () => {
      const driver = bench.driver('contoso', async () => ({
        open: 'everybody may read this',
        hidden: new pulumi.Config().requireSecret('hidden'),
      }));
      await driver.create();
      await driver.configure({}, { hidden: secret });
      const up = await driver.up({});
      expect(up).toMatchObject({ ok: true });
      const outputs = await bench.driver('contoso').outputs();
      expect(outputs['open']).toMatchObject({ value: 'everybody may read this' });

      const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('pulumi');
      const blobs: Record<string, string> = {};
      for await (const { name } of container.listBlobsFlat())
        blobs[name] = (await container.getBlobClient(name).downloadToBuffer()).toString('utf8');
      expect(Object.keys(blobs)).toContain('.pulumi/stacks/tocsin/contoso.json');
      expect(Object.keys(blobs).filter((name) => name.includes('/locks/'))).toEqual([]);
      expect(blobs['.pulumi/stacks/tocsin/contoso.json']).toContain('everybody may read this');
      expect(JSON.stringify(blobs)).not.toContain(secret);
    });
  },
);
