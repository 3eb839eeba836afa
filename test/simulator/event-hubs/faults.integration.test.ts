import { earliestEventPosition } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import type { EventHubsFaultName } from '#simulator/event-hubs/faults.ts';
import { eventually, numbered, persistent, producer, read, startHub } from './support.ts';

it('lists what can be broken, with a line about each', async () => {
  const hub = await startHub();
  expect(hub.faults.list().map((fault) => fault.name)).toEqual([
    'drop-connection',
    'half-open',
    'silent-partition',
    'slow',
    'detach',
    'throttle',
    'duplicate-delivery',
  ]);
  expect(hub.faults.list().every((fault) => fault.description.length > 20 && !fault.active)).toBe(true);
  hub.faults.start('slow');
  expect(hub.faults.list().filter((fault) => fault.active)).toMatchObject([{ name: 'slow' }]);
  expect(() => hub.faults.start('earthquake' as EventHubsFaultName)).toThrow('no fault earthquake');
});

for (const fault of ['drop-connection', 'detach'] as const) {
  it(`lets clients come back after ${fault}, without a loss`, async () => {
    const hub = await startHub();
    const client = producer(hub.connectionString, persistent);
    await client.sendBatch(numbered(5), { partitionId: '0' });
    const reading = read(hub.connectionString, '0', earliestEventPosition, { client: persistent });
    await reading.atLeast(5);
    hub.faults.start(fault);
    await client.sendBatch(numbered(5, 5), { partitionId: '0' });
    expect((await reading.atLeast(10)).bodies).toEqual(numbered(10).map(({ body }) => body));
  });
}

it('detaches one partition and leaves the other alone', async () => {
  const hub = await startHub();
  const zero = read(hub.connectionString, '0', earliestEventPosition);
  const one = read(hub.connectionString, '1', earliestEventPosition);
  await eventually(() => hub.stats().consumers === 2, 'both are attached');
  hub.faults.start('detach', { partition: '1' });
  expect(await one.failure()).toBeInstanceOf(Error);
  await producer(hub.connectionString).sendBatch([{ body: 1 }], { partitionId: '0' });
  expect((await zero.atLeast(1)).bodies).toEqual([1]);
  expect(zero.errors).toEqual([]);
});

it('holds a silent partition back until the fault ends, and only that one', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  const zero = read(hub.connectionString, '0', earliestEventPosition);
  const one = read(hub.connectionString, '1', earliestEventPosition);
  await eventually(() => hub.stats().consumers === 2, 'both are attached');
  hub.faults.start('silent-partition', { partition: '0' });
  await client.sendBatch([{ body: 'zero' }], { partitionId: '0' });
  await client.sendBatch([{ body: 'one' }], { partitionId: '1' });
  await one.atLeast(1);
  expect(await client.getPartitionProperties('0')).toMatchObject({ lastEnqueuedSequenceNumber: 0 });
  expect(zero.bodies).toEqual([]);
  hub.faults.stop('silent-partition');
  expect((await zero.atLeast(1)).bodies).toEqual(['zero']);
});

it('says nothing on a half-open connection, and drops it when the fault ends', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 500 } });
  await client.sendBatch([{ body: 1 }], { partitionId: '0' });
  hub.faults.start('half-open');
  await expect(client.sendBatch([{ body: 2 }], { partitionId: '0' })).rejects.toMatchObject({
    code: 'OperationTimeoutError',
  });
  expect(hub.stats()).toMatchObject({ connections: 1, received: 1 });
  // Others get through meanwhile.
  await producer(hub.connectionString).sendBatch([{ body: 3 }], { partitionId: '0' });
  hub.faults.stop('half-open');
  await eventually(() => hub.stats().connections === 1, 'the frozen connection is gone');
  const patient = read(hub.connectionString, '0', earliestEventPosition, { client: persistent });
  expect((await patient.atLeast(2)).bodies).toEqual([1, 3]);
});

it('answers late when slow, and in order', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString, persistent);
  await client.sendBatch(numbered(3), { partitionId: '0' });
  hub.faults.start('slow');
  let answered = false;
  const sending = client.sendBatch(numbered(3, 3), { partitionId: '0' }).then(() => {
    answered = true;
  });
  await eventually(() => hub.stats().received === 6, 'the events are stored');
  expect(answered).toBe(false);
  await sending;
  hub.faults.stop('slow');
  await client.sendBatch(numbered(3, 6), { partitionId: '0' });
  const { bodies } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(9);
  expect(bodies).toEqual(numbered(9).map(({ body }) => body));
});

it('delivers events more than once when asked to, as the service may', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch(numbered(3), { partitionId: '0' });
  const reading = read(hub.connectionString, '0', earliestEventPosition);
  await reading.atLeast(3);
  hub.faults.start('duplicate-delivery');
  await client.sendBatch([{ body: 3 }], { partitionId: '0' });
  const { bodies } = await reading.atLeast(11);
  expect(bodies).toEqual([0, 1, 2, 0, 0, 1, 1, 2, 2, 3, 3]);
});
