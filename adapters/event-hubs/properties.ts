import type { PartitionProperties as VendorProperties } from '@azure/event-hubs';
import { classifyError } from '#adapters/event-hubs/errors.ts';
import type { PartitionProperties, SourceFailure } from '#ports/event-source.ts';

/** The port's form of what `$management` says about a partition. */
export function toPartition(properties: VendorProperties): PartitionProperties {
  const last = properties.lastEnqueuedSequenceNumber;
  const at = properties.lastEnqueuedOnUtc.getTime();
  return {
    partitionId: properties.partitionId,
    beginningSequenceNumber: properties.isEmpty
      ? Math.max(properties.beginningSequenceNumber, last + 1)
      : properties.beginningSequenceNumber,
    lastEnqueuedSequenceNumber: last,
    lastEnqueuedOffset: String(properties.lastEnqueuedOffset),
    // Where nothing was ever enqueued the service says 0001-01-01.
    lastEnqueuedAt: last >= 0 && Number.isFinite(at) && at >= 0 ? at : undefined,
    isEmpty: properties.isEmpty,
  };
}

/** The port's form of an error. */
export function toSourceFailure(error: unknown): SourceFailure {
  const { kind, detail } = classifyError(error);
  return { ok: false, reason: kind === 'access-denied' || kind === 'not-found' ? kind : 'unavailable', detail };
}
