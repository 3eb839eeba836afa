import { EventHubBufferedProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { partitionForKey } from '#simulator/event-hubs/partition-key.ts';
import { cleanup, eventually, impatient, numbered, producer, read, startHub } from './support.ts';

it('tells the properties of the hub and of an empty partition', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  const properties = await client.getEventHubProperties();
  expect(properties).toMatchObject({ name: 'calls', partitionIds: ['0', '1'] });
  expect(properties.createdOn.getTime()).toBe(hub.stats().hubs[0]?.createdAt);
  expect(await client.getPartitionProperties('1')).toMatchObject({
    partitionId: '1',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    lastEnqueuedOffset: '-1',
    isEmpty: true,
    lastEnqueuedOnUtc: new Date('0001-01-01T00:00:00Z'),
  });
});

it('answers for a hub and a partition that do not exist as the service does', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await expect(client.getPartitionProperties('7')).rejects.toMatchObject({ code: 'ArgumentOutOfRangeError' });
  const stranger = producer(hub.connectionString, impatient, 'nobody');
  await expect(stranger.getEventHubProperties()).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
  await expect(stranger.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
  await expect(client.sendBatch([{ body: 1 }], { partitionId: '7' })).rejects.toMatchObject({
    code: 'ArgumentOutOfRangeError',
  });
});

it('delivers every kind of body, property and annotation as it was sent', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch(
    [
      {
        body: { nested: { number: 1.5, text: 'Grüße' } },
        properties: { tenant: 'contoso', attempt: 3 },
        messageId: 'm-1',
        correlationId: 'c-1',
        contentType: 'application/json',
      },
      { body: Buffer.from([0, 1, 2, 255]) },
      { body: 'text' },
    ],
    { partitionId: '0' },
  );
  await client.sendBatch(
    [
      { bodyType: 'value', body: { amqp: 'value' } },
      { bodyType: 'sequence', body: [[1, 'two']] },
      { bodyType: 'data', body: Buffer.from('raw'), messageAnnotations: { own: 'annotation' } },
    ],
    { partitionId: '0' },
  );
  const { events, bodies } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(6);
  expect(bodies.slice(0, 3)).toEqual([{ nested: { number: 1.5, text: 'Grüße' } }, Buffer.from([0, 1, 2, 255]), 'text']);
  expect(events[0]).toMatchObject({
    properties: { tenant: 'contoso', attempt: 3 },
    messageId: 'm-1',
    correlationId: 'c-1',
    contentType: 'application/json',
  });
  expect(bodies.slice(3, 5)).toEqual([{ amqp: 'value' }, [[1, 'two']]]);
  expect(events[5]?.getRawAmqpMessage().messageAnnotations).toMatchObject({ own: 'annotation' });
});

it('numbers the events of a partition without a gap, with growing offsets and times', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  for (let round = 0; round < 5; round++) {
    await client.sendBatch(numbered(20, round * 20), { partitionId: '1' });
  }
  const { events, bodies } = await read(hub.connectionString, '1', earliestEventPosition).atLeast(100);
  expect(bodies).toEqual(numbered(100).map(({ body }) => body));
  expect(events.map((event) => event.sequenceNumber)).toEqual(numbered(100).map(({ body }) => body));
  const ascending = <T>(values: readonly T[], after: (a: T, b: T) => boolean) =>
    values.every((value, index) => index === 0 || after(values[index - 1] as T, value));
  expect(
    ascending(
      events.map((event) => Number(event.offset)),
      (a, b) => a < b,
    ),
  ).toBe(true);
  expect(
    ascending(
      events.map((event) => event.enqueuedTimeUtc.getTime()),
      (a, b) => a <= b,
    ),
  ).toBe(true);
  expect(await client.getPartitionProperties('1')).toMatchObject({
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: 99,
    lastEnqueuedOffset: events[99]?.offset,
    isEmpty: false,
  });
});

it('spreads events without a key over all partitions', async () => {
  const hub = await startHub({ hubs: [{ name: 'calls', partitions: 4 }] });
  const client = producer(hub.connectionString);
  for (let index = 0; index < 8; index++) await client.sendBatch([{ body: index }]);
  expect(hub.stats().hubs[0]?.partitions.map((partition) => partition.nextSequenceNumber)).toEqual([2, 2, 2, 2]);
});

it('puts a partition key where the client of the vendor computes it to be', async () => {
  const hub = await startHub({ hubs: [{ name: 'calls', partitions: 8 }] });
  // The buffered client computes the partition itself and sends to it by id.
  const buffered = new EventHubBufferedProducerClient(hub.connectionString, 'calls', {
    ...impatient,
    maxWaitTimeInMs: 20,
    onSendEventsErrorHandler: async () => {},
  });
  cleanup(() => buffered.close());
  const client = producer(hub.connectionString);
  const fill = () => hub.stats().hubs[0]?.partitions.map((partition) => partition.nextSequenceNumber) ?? [];
  for (const key of ['a', 'caller', 'twelve bytes', 'more than twelve bytes', 'ünïcödé-鍵', 'x'.repeat(100)]) {
    const before = fill();
    await buffered.enqueueEvent({ body: key }, { partitionKey: key });
    await buffered.flush();
    const ofClient = fill().findIndex((count, index) => count > (before[index] ?? 0));
    expect(partitionForKey(key, 8)).toBe(ofClient);
    const between = fill();
    await client.sendBatch([{ body: key }], { partitionKey: key });
    expect(fill().findIndex((count, index) => count > (between[index] ?? 0))).toBe(ofClient);
  }
});

it('hands the partition key on to consumers', async () => {
  const hub = await startHub({ hubs: [{ name: 'calls', partitions: 1 }] });
  await producer(hub.connectionString).sendBatch([{ body: 1 }, { body: 2 }], { partitionKey: 'caller' });
  const { events } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(2);
  expect(events.map((event) => event.partitionKey)).toEqual(['caller', 'caller']);
});

it('announces 1 MiB as the largest message, takes nearly as much, and refuses more', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  expect((await client.createBatch()).maxSizeInBytes).toBe(1_048_576);
  await client.sendBatch([{ body: Buffer.alloc(1_000_000, 7) }], { partitionId: '0' });
  await expect(client.sendBatch([{ body: Buffer.alloc(1_100_000) }], { partitionId: '0' })).rejects.toMatchObject({
    code: 'MessageTooLargeError',
  });
  const { events } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(1);
  expect(Buffer.alloc(1_000_000, 7).equals(events[0]?.body as Buffer)).toBe(true);
  expect(hub.stats().received).toBe(1);
});

it('answers a throttled publisher with server busy until the fault ends', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  hub.faults.start('throttle');
  await expect(client.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'ServerBusyError', retryable: true });
  await expect(client.getEventHubProperties()).rejects.toMatchObject({ code: 'ServerBusyError' });
  hub.faults.stop('throttle');
  await client.sendBatch([{ body: 1 }]);
  expect(hub.stats().received).toBe(1);
});

it('forgets links and connections that are gone', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch([{ body: 1 }]);
  expect(hub.stats()).toMatchObject({ connections: 1, publishers: 1 });
  await client.close();
  await eventually(() => hub.stats().connections === 0, 'the connection is gone');
  expect(hub.stats().publishers).toBe(0);
});
