import { earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { createManualClock } from '#simulator/manual-clock.ts';
import { consumer, eventually, numbered, producer, read, startHub } from './support.ts';

const start = Date.UTC(2026, 5, 1);
const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

it('begins at a sequence number, with or without that event', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch(numbered(10), { partitionId: '0' });
  const inclusive = read(hub.connectionString, '0', { sequenceNumber: 4, isInclusive: true });
  const exclusive = read(hub.connectionString, '0', { sequenceNumber: 4, isInclusive: false });
  expect((await inclusive.atLeast(6)).sequenceNumbers).toEqual(from(4, 6));
  expect((await exclusive.atLeast(5)).sequenceNumbers).toEqual(from(5, 5));
});

it('begins at an offset, with or without that event', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch(numbered(10), { partitionId: '0' });
  const { events } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(10);
  const offset = events[6]?.offset ?? '';
  expect((await read(hub.connectionString, '0', { offset, isInclusive: true }).atLeast(4)).sequenceNumbers).toEqual(
    from(6, 4),
  );
  expect((await read(hub.connectionString, '0', { offset, isInclusive: false }).atLeast(3)).sequenceNumbers).toEqual(
    from(7, 3),
  );
});

it('begins after an enqueued time', async () => {
  const clock = createManualClock(start);
  const hub = await startHub({ clock });
  const client = producer(hub.connectionString);
  for (let index = 0; index < 5; index++) {
    await client.sendBatch([{ body: index }], { partitionId: '0' });
    clock.advance(1000);
  }
  const reading = read(hub.connectionString, '0', { enqueuedOn: new Date(start + 2000) });
  expect((await reading.atLeast(2)).bodies).toEqual([3, 4]);
});

it('begins at what comes next when asked for the latest', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch(numbered(5), { partitionId: '0' });
  const reading = read(hub.connectionString, '0', latestEventPosition);
  await eventually(() => hub.stats().consumers === 1, 'the consumer is attached');
  await client.sendBatch(numbered(2, 100), { partitionId: '0' });
  expect((await reading.atLeast(2)).bodies).toEqual([100, 101]);
});

it('waits at the end when the last event is the position, also on an empty partition', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  const empty = read(hub.connectionString, '1', { sequenceNumber: -1, isInclusive: false });
  await client.sendBatch(numbered(3), { partitionId: '0' });
  const atEnd = read(hub.connectionString, '0', { sequenceNumber: 2, isInclusive: false });
  await eventually(() => hub.stats().consumers === 2, 'both are attached');
  await client.sendBatch([{ body: 'next' }], { partitionId: '0' });
  await client.sendBatch([{ body: 'first' }], { partitionId: '1' });
  expect((await atEnd.atLeast(1)).bodies).toEqual(['next']);
  expect((await empty.atLeast(1)).bodies).toEqual(['first']);
});

it('refuses a position beyond the end, in the words of the service', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch(numbered(3), { partitionId: '0' });
  const bySequence = await read(hub.connectionString, '0', { sequenceNumber: 17 }).failure();
  expect(bySequence).toMatchObject({ code: 'ArgumentError', retryable: false });
  expect(bySequence.message).toContain("The supplied sequence number '17' is invalid.");
  const byOffset = await read(hub.connectionString, '0', { offset: '999999' }).failure();
  expect(byOffset.message).toContain("The supplied offset '999999' is invalid.");
});

it('keeps events for the retention time, and begins at the first that is left', async () => {
  const clock = createManualClock(start);
  const hub = await startHub({ clock, retention: { maxAgeMs: 10_000 } });
  const client = producer(hub.connectionString);
  await client.sendBatch(numbered(3), { partitionId: '0' });
  clock.advance(6_000);
  await client.sendBatch(numbered(3, 3), { partitionId: '0' });
  clock.advance(6_000);
  expect(await client.getPartitionProperties('0')).toMatchObject({
    beginningSequenceNumber: 3,
    lastEnqueuedSequenceNumber: 5,
    isEmpty: false,
  });
  const passed = read(hub.connectionString, '0', { sequenceNumber: 0, isInclusive: true });
  expect((await passed.atLeast(3)).sequenceNumbers).toEqual([3, 4, 5]);
  clock.advance(6_000);
  expect(await client.getPartitionProperties('0')).toMatchObject({
    beginningSequenceNumber: 6,
    lastEnqueuedSequenceNumber: 5,
    isEmpty: true,
  });
});

it('keeps no more bytes than it may', async () => {
  const hub = await startHub({ retention: { maxBytes: 5_000_000 } });
  const client = producer(hub.connectionString);
  for (let index = 0; index < 20; index++) {
    await client.sendBatch([{ body: Buffer.alloc(900_000, index) }], { partitionId: '0' });
  }
  const partition = hub.stats().hubs[0]?.partitions[0];
  expect(partition).toMatchObject({ firstSequenceNumber: 15, nextSequenceNumber: 20 });
  expect(partition?.bytes).toBeLessThanOrEqual(5_000_000);
  const { sequenceNumbers, bodies } = await read(hub.connectionString, '0', earliestEventPosition).atLeast(5);
  expect(sequenceNumbers).toEqual(from(15, 5));
  expect(bodies.map((body) => (body as Buffer)[0])).toEqual(from(15, 5));
});

it('tells a consumer that asks how far the partition has come', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch(numbered(5), { partitionId: '0' });
  const told: (number | undefined)[] = [];
  const client = consumer(hub.connectionString);
  const subscription = client.subscribe(
    '0',
    {
      processEvents: async (_events, context) => {
        told.push(context.lastEnqueuedEventProperties?.sequenceNumber);
      },
      processError: async () => {},
    },
    { startPosition: earliestEventPosition, trackLastEnqueuedEventProperties: true, maxBatchSize: 10 },
  );
  await eventually(() => told.length > 0, 'a batch has come');
  await subscription.close();
  expect(told[0]).toBe(4);
});

it('knows consumer groups in any case and refuses unknown ones', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch([{ body: 1 }], { partitionId: '0' });
  const known = read(hub.connectionString, '0', earliestEventPosition, { group: 'TOCSIN' });
  expect((await known.atLeast(1)).bodies).toEqual([1]);
  const unknown = read(hub.connectionString, '0', earliestEventPosition, { group: 'nobody' });
  expect(await unknown.failure()).toMatchObject({ code: 'MessagingEntityNotFoundError' });
});

it('lets the higher owner level take a partition and refuses the lower', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch([{ body: 1 }], { partitionId: '0' });
  const first = read(hub.connectionString, '0', earliestEventPosition, { ownerLevel: 1 });
  await first.atLeast(1);
  const second = read(hub.connectionString, '0', earliestEventPosition, { ownerLevel: 2 });
  await second.atLeast(1);
  expect(await first.failure()).toMatchObject({ code: 'ReceiverDisconnectedError', retryable: false });
  const third = read(hub.connectionString, '0', earliestEventPosition, { ownerLevel: 1 });
  expect(await third.failure()).toMatchObject({ code: 'ReceiverDisconnectedError' });
  const without = read(hub.connectionString, '0', earliestEventPosition);
  expect(await without.failure()).toMatchObject({ code: 'ReceiverDisconnectedError' });
  await client.sendBatch([{ body: 2 }], { partitionId: '0' });
  expect((await second.atLeast(2)).bodies).toEqual([1, 2]);
});

it('lets an equal owner level take over, as balancing clients do', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch([{ body: 1 }], { partitionId: '0' });
  const first = read(hub.connectionString, '0', earliestEventPosition, { ownerLevel: 3 });
  await first.atLeast(1);
  const second = read(hub.connectionString, '0', earliestEventPosition, { ownerLevel: 3 });
  await second.atLeast(1);
  expect(await first.failure()).toMatchObject({ code: 'ReceiverDisconnectedError' });
});

it('lets five readers without an owner level in, and no sixth', async () => {
  const hub = await startHub();
  await producer(hub.connectionString).sendBatch([{ body: 1 }], { partitionId: '0' });
  for (let index = 0; index < 5; index++) await read(hub.connectionString, '0', earliestEventPosition).atLeast(1);
  expect(await read(hub.connectionString, '0', earliestEventPosition).failure()).toMatchObject({
    code: 'QuotaExceededError',
  });
});

it('starts anew as another hub when it is recreated', async () => {
  const hub = await startHub();
  const client = producer(hub.connectionString);
  await client.sendBatch(numbered(3), { partitionId: '0' });
  const before = await client.getEventHubProperties();
  const reader = read(hub.connectionString, '0', earliestEventPosition);
  await reader.atLeast(3);
  await hub.recreateHub('calls');
  expect((await client.getEventHubProperties()).createdOn.getTime()).toBeGreaterThan(before.createdOn.getTime());
  expect(await client.getPartitionProperties('0')).toMatchObject({ lastEnqueuedSequenceNumber: -1, isEmpty: true });
  expect(await reader.failure()).toBeInstanceOf(Error);
  await client.sendBatch([{ body: 'new' }], { partitionId: '0' });
  const fresh = read(hub.connectionString, '0', earliestEventPosition);
  expect((await fresh.atLeast(1)).sequenceNumbers).toEqual([0]);
});
