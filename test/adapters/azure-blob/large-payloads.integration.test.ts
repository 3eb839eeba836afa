import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobLargePayloads } from '#adapters/azure-blob/large-payloads.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { type Azurite, startAzurite } from '#test/adapters/azure-blob/azurite.ts';

const containerName = 'microsoft-graph-change-notifications';

describe('large payloads in Blob storage', () => {
  let azurite: Azurite;
  const open = (more: { maxBytes?: number; timeoutMs?: number; container?: string } = {}) =>
    createBlobLargePayloads({
      account: { kind: 'connection-string', value: azurite.connectionString },
      clock: systemClock,
      ...more,
    });

  beforeAll(async () => {
    azurite = await startAzurite();
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      containerName,
    );
    await container.create();
    await container.getBlockBlobClient('small').upload('{"a":1}', 7);
    await container.getBlockBlobClient('a b/c%2Fd').upload('odd', 3);
    await container.getBlockBlobClient('empty').upload('', 0);
    await container.getBlockBlobClient('large').upload(Buffer.alloc(100_000, 7), 100_000);
  });
  afterAll(() => azurite?.stop());

  it('hands out the bytes of a payload', async () => {
    const result = await open().fetch('small');
    expect(result.ok && Buffer.from(result.body).toString()).toBe('{"a":1}');
  });

  it('takes an id literally, whatever characters it has', async () => {
    const result = await open().fetch('a b/c%2Fd');
    expect(result.ok && Buffer.from(result.body).toString()).toBe('odd');
  });

  it('hands out an empty payload', async () => {
    expect(await open().fetch('empty')).toEqual({ ok: true, body: Buffer.alloc(0) });
  });

  it('takes as many bytes as it may and no more', async () => {
    const whole = await open({ maxBytes: 100_000 }).fetch('large');
    expect(whole.ok && whole.body.byteLength).toBe(100_000);
    expect(await open({ maxBytes: 99_999 }).fetch('large')).toMatchObject({ ok: false, reason: 'too-large' });
  });

  it('says when there is no such payload', async () => {
    expect(await open().fetch('missing')).toMatchObject({ ok: false, reason: 'not-found' });
    expect(await open({ container: 'no-such-container' }).fetch('small')).toMatchObject({
      ok: false,
      reason: 'not-found',
    });
  });

  it.each(['', '../small', 'a/../small', 'a\u0000b', 'x'.repeat(1_025), 'back\\slash', '\ud800'])(
    'does not even ask for %j',
    async (blobId) => {
      expect(await open().fetch(blobId)).toMatchObject({ ok: false, reason: 'not-found' });
    },
  );

  it('says when it may not read, without the key or the URL', async () => {
    const wrong = azurite.connectionString.replace(
      /AccountKey=[^;]+/,
      `AccountKey=${Buffer.alloc(64).toString('base64')}`,
    );
    const payloads = createBlobLargePayloads({
      account: { kind: 'connection-string', value: wrong },
      clock: systemClock,
    });
    const result = await payloads.fetch('small');
    expect(result).toMatchObject({ ok: false, reason: 'access-denied' });
    expect(JSON.stringify(result)).not.toMatch(/127\.0\.0\.1|AAAA/);
  });

  it('gives up in time when nothing answers', async () => {
    const nobody = azurite.connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${await freePort()}`);
    const silent = createBlobLargePayloads({
      account: { kind: 'connection-string', value: nobody },
      clock: systemClock,
      timeoutMs: 300,
    });
    expect(await silent.fetch('small')).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});
