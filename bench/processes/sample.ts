import { randomUUID } from 'node:crypto';
import { EventHubConsumerClient as Consumer, type EventHubConsumerClient } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { hubName, partitionIds } from '#bench/processes/hub.ts';
import { startTimer } from '#bench/processes/timed.ts';

interface SampleArgs {
  readonly eventHubs: string;
  readonly store: string;
  /** Connection string of the Blob storage that holds the checkpoints. */
  readonly blobs: string;
  /** How long it is watched; far fewer messages pass in that time than are in the hub. */
  readonly seconds: number;
}

/**
 * The pattern of the vendors' samples ("Send events to and receive events from event hubs by using JavaScript"; EventStoreDB, "Appending events"): for every
 * event one append and one checkpoint in a blob. Its client is given larger batches than the sample has, which is in its favour.
 */
export const sampleJobs = {
  async run({ eventHubs, store, blobs, seconds }: SampleArgs): Promise<{ readonly perSecond: number }> {
    const container = new ContainerClient(blobs, `checkpoints-${randomUUID()}`);
    await container.create();
    const client = EventStoreDBClient.connectionString(store);
    const consumer: EventHubConsumerClient = new Consumer(
      '$Default',
      eventHubs,
      hubName,
      new BlobCheckpointStore(container),
    );
    let done = 0;
    let first: (() => { readonly seconds: number }) | undefined;
    let stopping = false;
    const failed = Promise.withResolvers<never>();
    const subscriptions = partitionIds.map((partitionId) =>
      consumer.subscribe(
        partitionId,
        {
          async processEvents(events, context) {
            first ??= startTimer();
            for (const event of events) {
              if (stopping) return;
              await client.appendToStream(
                `inbox-${partitionId}`,
                jsonEvent({ type: 'Message', data: event.body as Record<string, unknown> }),
              );
              await context.updateCheckpoint(event);
              done++;
            }
          },
          processError: async (error) => failed.reject(error),
        },
        { startPosition: { offset: '-1' }, maxBatchSize: 100, prefetchCount: 300 },
      ),
    );
    const enough = (async () => {
      while ((first?.().seconds ?? 0) < seconds) await new Promise((resolve) => setTimeout(resolve, 20));
    })();
    await Promise.race([enough, failed.promise]);
    const perSecond = done / (first?.().seconds ?? Number.NaN);
    stopping = true;
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await consumer.close();
    await client.dispose();
    await container.delete();
    return { perSecond };
  },
};
