import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { earliestEventPosition } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { cleanup, numbered, producer, read, startHub, temporaryFolder } from './support.ts';

/** Files of a partition, oldest first. */
async function segmentFiles(folder: string, partition: string): Promise<string[]> {
  const [incarnation = ''] = (await readdir(join(folder, 'calls'))).filter((name) => /^\d+$/.test(name));
  const directory = join(folder, 'calls', incarnation, partition);
  return (await readdir(directory)).sort().map((name) => join(directory, name));
}

it('keeps events, their numbers and the creation time over a restart', async () => {
  const folder = await temporaryFolder();
  const first = await startHub({ storage: { kind: 'folder', folder } });
  const client = producer(first.connectionString);
  await client.sendBatch(numbered(50), { partitionId: '0' });
  const before = await client.getEventHubProperties();
  const partition = await client.getPartitionProperties('0');
  await client.close();
  await first.close();

  const second = await startHub({ storage: { kind: 'folder', folder } });
  const again = producer(second.connectionString);
  expect((await again.getEventHubProperties()).createdOn).toEqual(before.createdOn);
  expect(await again.getPartitionProperties('0')).toEqual(partition);
  await again.sendBatch([{ body: 50 }], { partitionId: '0' });
  const reading = await read(second.connectionString, '0', earliestEventPosition).atLeast(51);
  expect(reading.bodies).toEqual(numbered(51).map(({ body }) => body));
  expect(reading.sequenceNumbers).toEqual(numbered(51).map(({ body }) => body));
});

it('forgets a recreated hub over a restart as well', async () => {
  const folder = await temporaryFolder();
  const first = await startHub({ storage: { kind: 'folder', folder } });
  await producer(first.connectionString).sendBatch(numbered(5), { partitionId: '0' });
  await first.recreateHub('calls');
  const created = first.stats().hubs[0]?.createdAt;
  await first.close();
  const second = await startHub({ storage: { kind: 'folder', folder } });
  expect(second.stats().hubs[0]).toMatchObject({
    createdAt: created,
    partitions: [{ nextSequenceNumber: 0 }, { nextSequenceNumber: 0 }],
  });
});

it('loses nothing that it acknowledged when it is killed', async () => {
  const folder = await temporaryFolder();
  const acknowledged = new Set<number>();
  let next = 0;
  for (let round = 0; round < 3; round++) {
    const child = fork(fileURLToPath(new URL('durable-hub.ts', import.meta.url)), [folder], { stdio: 'inherit' });
    const exited = once(child, 'exit');
    cleanup(async () => child.kill('SIGKILL'));
    const [connectionString] = (await once(child, 'message')) as [string];
    const client = producer(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 1_000 } });
    let killed = false;
    const publishers = ['0', '1', '0', '1'].map(async (partitionId) => {
      while (!killed) {
        const events = numbered(20, next);
        next += 20;
        try {
          await client.sendBatch(events, { partitionId });
          for (const { body } of events) acknowledged.add(body);
        } catch {
          // Killed, or too busy, before the answer: nobody knows, and a consumer would see all of the batch or nothing.
        }
        if (acknowledged.size >= (round + 1) * 400) {
          killed = true;
          child.kill('SIGKILL');
        }
      }
    });
    await exited;
    await Promise.allSettled(publishers);
    await client.close();
  }

  const hub = await startHub({ storage: { kind: 'folder', folder } });
  const stored: number[] = [];
  for (const { id, nextSequenceNumber } of hub.stats().hubs[0]?.partitions ?? []) {
    const reading = await read(hub.connectionString, id, earliestEventPosition).atLeast(nextSequenceNumber);
    expect(reading.sequenceNumbers).toEqual(numbered(nextSequenceNumber).map(({ body }) => body));
    stored.push(...(reading.bodies as number[]));
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(1200);
  expect([...acknowledged].filter((body) => !stored.includes(body))).toEqual([]);
  // Batches are whole: whoever is there is there with all of its twenty.
  expect(stored.length % 20).toBe(0);
  expect(new Set(stored).size).toBe(stored.length);
});

it('has its folder for itself alone, for as long as it runs', async () => {
  const folder = await temporaryFolder();
  const first = await startHub({ storage: { kind: 'folder', folder } });
  const client = producer(first.connectionString);
  await client.sendBatch(numbered(10), { partitionId: '0' });
  const [file = ''] = await segmentFiles(folder, '0');
  // As a crash of its own would leave it: whoever opens the files cuts that off.
  await appendFile(file, Buffer.alloc(20, 0xff));
  const { size } = await stat(file);
  await expect(startHub({ storage: { kind: 'folder', folder } })).rejects.toThrow(
    `another simulator uses the folder ${folder}`,
  );
  await expect(startHub({ storage: { kind: 'folder', folder }, port: first.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  expect((await stat(file)).size).toBe(size);
  await client.close();
  await first.close();

  const second = await startHub({ storage: { kind: 'folder', folder } });
  expect(second.stats().hubs[0]?.partitions[0]?.nextSequenceNumber).toBe(10);
});

it('opens no file where its port is taken', async () => {
  const folder = await temporaryFolder();
  const { port } = await startHub();
  await expect(startHub({ storage: { kind: 'folder', folder }, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(await readdir(folder)).toEqual([]);
  const hub = await startHub({ storage: { kind: 'folder', folder } });
  await producer(hub.connectionString).sendBatch(numbered(1));
});

it('cuts off a torn end and goes on after it', async () => {
  const folder = await temporaryFolder();
  const first = await startHub({ storage: { kind: 'folder', folder } });
  const client = producer(first.connectionString);
  await client.sendBatch(numbered(10), { partitionId: '0' });
  await client.sendBatch(numbered(10, 10), { partitionId: '0' });
  await client.close();
  await first.close();
  const [file = ''] = await segmentFiles(folder, '0');
  const handle = await open(file, 'r+');
  // The last batch of ten loses the end of its last event: all of it goes.
  await handle.truncate((await stat(file)).size - 3);
  await handle.close();
  await appendFile(file, Buffer.alloc(2, 0xff));

  const second = await startHub({ storage: { kind: 'folder', folder } });
  await producer(second.connectionString).sendBatch([{ body: 'after' }], { partitionId: '0' });
  const { bodies, sequenceNumbers } = await read(second.connectionString, '0', earliestEventPosition).atLeast(11);
  expect(bodies).toEqual([...numbered(10).map(({ body }) => body), 'after']);
  expect(sequenceNumbers).toEqual(numbered(11).map(({ body }) => body));
});

it('refuses to start over damage that no crash can have made', async () => {
  const folder = await temporaryFolder();
  const first = await startHub({ storage: { kind: 'folder', folder } });
  const client = producer(first.connectionString);
  for (let index = 0; index < 5; index++) {
    await client.sendBatch([{ body: Buffer.alloc(900_000, index) }], { partitionId: '0' });
  }
  await client.close();
  await first.close();
  const files = await segmentFiles(folder, '0');
  expect(files.length).toBeGreaterThan(1);
  const handle = await open(files[0] ?? '', 'r+');
  await handle.write(Buffer.from([1, 2, 3]), 0, 3, 1000);
  await handle.close();
  await expect(startHub({ storage: { kind: 'folder', folder } })).rejects.toThrow('is damaged');
});

it('reads back what has long left memory, in order, and deletes what retention passed', async () => {
  const folder = await temporaryFolder();
  const hub = await startHub({ storage: { kind: 'folder', folder }, retention: { maxBytes: 40_000_000 } });
  const client = producer(hub.connectionString);
  for (let index = 0; index < 60; index++) {
    await client.sendBatch([{ body: Buffer.alloc(900_000, 128 + index) }], { partitionId: '0' });
  }
  const begin = hub.stats().hubs[0]?.partitions[0]?.firstSequenceNumber ?? 0;
  expect(begin).toBeGreaterThan(10);
  expect((await segmentFiles(folder, '0')).length).toBeLessThan(25);
  const reading = await read(hub.connectionString, '0', earliestEventPosition).atLeast(60 - begin);
  expect(reading.bodies.map((body) => (body as Buffer)[5])).toEqual(
    Array.from({ length: 60 - begin }, (_, index) => 128 + begin + index),
  );
});
