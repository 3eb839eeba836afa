import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { type BlobOwnershipSettings, openContainer } from '#adapters/event-hubs/blob-ownership.ts';
import { redact } from '#adapters/event-hubs/errors.ts';

/** How far one partition was read. */
export interface PartitionProgress {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly offset: string;
}

/**
 * Leaves for a scaler that counts unread messages (KEDA, "Azure Event Hubs" scaler, checkpoint strategy `blobMetadata`) how far each partition was read, in the layout of
 * the vendor's `BlobCheckpointStore`. A copy: where reading begins is in the log alone (ADR 1), and nothing here reads it.
 */
export function createBlobProgress(settings: Omit<BlobOwnershipSettings, 'clock' | 'expiryMs'>) {
  const store = new BlobCheckpointStore(openContainer(settings));
  return {
    /** @throws when the storage does not answer as it should; the message holds no secrets */
    async write({ partition, sequenceNumber, offset }: PartitionProgress, signal: AbortSignal): Promise<void> {
      try {
        await store.updateCheckpoint(
          {
            ...{ fullyQualifiedNamespace: settings.namespace, eventHubName: settings.hub },
            ...{ consumerGroup: settings.consumerGroup, partitionId: partition, sequenceNumber, offset },
          },
          { abortSignal: signal },
        );
      } catch (error) {
        throw new Error(redact(String(error)));
      }
    },
  };
}
