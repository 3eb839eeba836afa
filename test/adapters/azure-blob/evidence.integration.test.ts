import { createHash } from 'node:crypto';
import { BlobServiceClient, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobEvidence } from '#adapters/azure-blob/evidence.ts';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { type Azurite, startAzurite } from '#test/adapters/azure-blob/azurite.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const mediaType = 'application/json';

const clientOf = (url: string, credential: StorageSharedKeyCredential) =>
  new ContainerClient(url, credential, { retryOptions: { maxTries: 1 } });

/** The emulator keeps no policy of immutability: that a blob cannot be changed or deleted is Azure's part, and is not shown here. */
describe('evidence in Blob storage', () => {
  let azurite: Azurite;
  let container: ContainerClient;
  const credential = () =>
    new StorageSharedKeyCredential('devstoreaccount1', /AccountKey=([^;]+)/.exec(azurite.connectionString)?.[1] ?? '');
  const open = (name = 'checkpoints') =>
    createBlobEvidence({ container: clientOf(`${azurite.url}/${name}`, credential()), timeoutMs: 5_000 });

  beforeAll(async () => {
    azurite = await startAzurite();
    container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('checkpoints');
    await container.create();
  });
  afterAll(() => azurite?.stop());

  it('is kept with its hash and type, and read again', async () => {
    const sha256 = createHash('sha256').update('{"size":7}').digest('hex');
    const kept = await open().put('2026/11/checkpoint-7.json', bytes('{"size":7}'), { mediaType });
    expect(kept).toEqual({ ok: true, sha256, already: false });
    expect(await open().read('2026/11/checkpoint-7.json')).toEqual({ ok: true, bytes: Buffer.from('{"size":7}') });
    const properties = await container.getBlobClient('2026/11/checkpoint-7.json').getProperties();
    expect(properties).toMatchObject({ contentType: mediaType, metadata: { sha256 } });
    expect(Buffer.from(properties.contentMD5 ?? [])).toEqual(createHash('md5').update('{"size":7}').digest());
  });

  it('takes the same again for a retry, and something else for a conflict that changes nothing', async () => {
    const evidence = open();
    await evidence.put('a.json', bytes('first'), { mediaType });
    expect(await evidence.put('a.json', bytes('first'), { mediaType })).toMatchObject({ ok: true, already: true });
    expect(await evidence.put('a.json', bytes('second'), { mediaType })).toEqual({ ok: false, reason: 'conflict' });
    expect(await evidence.read('a.json')).toEqual({ ok: true, bytes: Buffer.from('first') });
  });

  it('lets one of several who write at once win', async () => {
    const answers = await Promise.all(
      ['x', 'y', 'z'].map((text) => open().put('race.json', bytes(text), { mediaType })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.filter((answer) => !answer.ok && answer.reason === 'conflict')).toHaveLength(2);
  });

  it('asks for an unlocked policy where somebody says how long it must stay', async () => {
    // The emulator takes the request and keeps no policy.
    const until = Date.parse('2027-11-21T00:00:00Z');
    expect(await open().put('held.json', bytes('held'), { mediaType, keepUntil: until })).toMatchObject({ ok: true });
  });

  it('lists names with a prefix, sorted', async () => {
    for (const name of ['l/b.json', 'l/a.json', 'm.json']) await open().put(name, bytes(name), { mediaType });
    expect(await open().names('l/')).toEqual({ ok: true, names: ['l/a.json', 'l/b.json'] });
  });

  it('says not found for what is not there, and takes a missing container for away', async () => {
    expect(await open().read('nothing.json')).toEqual({ ok: false, reason: 'not-found' });
    expect(await open('nowhere').read('nothing.json')).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await open('nowhere').put('a.json', bytes('x'), { mediaType })).toMatchObject({ ok: false });
  });

  it('answers that it is unavailable when nobody listens, and that it is denied with a wrong key', async () => {
    const nobody = createBlobEvidence({
      container: clientOf(`http://127.0.0.1:${await freePort()}/devstoreaccount1/checkpoints`, credential()),
      timeoutMs: 500,
    });
    expect(await nobody.put('a.json', bytes('x'), { mediaType })).toMatchObject({ ok: false, reason: 'unavailable' });
    const stranger = createBlobEvidence({
      container: clientOf(
        `${azurite.url}/checkpoints`,
        new StorageSharedKeyCredential('devstoreaccount1', Buffer.from('wrong').toString('base64')),
      ),
    });
    expect(await stranger.read('a.json')).toMatchObject({ ok: false, reason: 'access-denied' });
  });

  it.each(['', '/a', 'a//b', '../a', 'a b', 'ä'])('throws for a name that is none: %s', async (name) => {
    await expect(open().put(name, bytes('x'), { mediaType })).rejects.toThrow(TypeError);
  });
});
