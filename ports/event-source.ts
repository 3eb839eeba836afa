import type { Json } from '#kernel/json.ts';

/**
 * A partitioned, ordered, at-least-once source of messages: an event hub.
 *
 * Implementers hand out messages of one partition in order, keep memory bounded whatever their client prefetches, and
 * reconnect by themselves. Remembering the position is not their job: the log is the checkpoint.
 */
export interface EventSource {
  /** Namespace host, hub, creation time and partitions; the three former make the hub's incarnation. */
  describe(signal?: AbortSignal): Promise<DescribeResult>;
  /** The ends of one partition as the service knows them now. */
  partition(partitionId: string, signal?: AbortSignal): Promise<PartitionResult>;
  /**
   * Batches of one partition from a position on, until `signal` is aborted. A batch is never empty. The next one is
   * handed out when the consumer asks for it. Ends early only with a `stopped` item.
   */
  receive(partitionId: string, from: StartPosition, signal: AbortSignal): AsyncIterable<ReceivedItem>;
  close(): Promise<void>;
}

export type DescribeResult = { readonly ok: true; readonly hub: HubDescription } | SourceFailure;
export type PartitionResult = { readonly ok: true; readonly partition: PartitionProperties } | SourceFailure;

export interface SourceFailure {
  readonly ok: false;
  readonly reason: 'unavailable' | 'access-denied' | 'not-found';
  readonly detail: string;
}

export interface HubDescription {
  /** Host name of the namespace, lower case, without port. */
  readonly namespace: string;
  /** Name of the hub in lower case. */
  readonly hub: string;
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly partitionIds: readonly string[];
}

export interface PartitionProperties {
  readonly partitionId: string;
  /** First sequence number that is still retained (for an empty partition: the next one that will be given). */
  readonly beginningSequenceNumber: number;
  /** -1 when nothing was ever enqueued. */
  readonly lastEnqueuedSequenceNumber: number;
  readonly lastEnqueuedOffset: string;
  /** Milliseconds since 1970 UTC; undefined when nothing was ever enqueued. */
  readonly lastEnqueuedAt: number | undefined;
  readonly isEmpty: boolean;
}

export type StartPosition =
  | { readonly at: 'earliest' }
  /** `inclusive` begins with that very message. */
  | { readonly at: 'sequence-number'; readonly sequenceNumber: number; readonly inclusive: boolean };

export type ReceivedItem =
  | { readonly kind: 'batch'; readonly messages: readonly ReceivedMessage[] }
  /** Nothing came for a while: proof that the partition is being listened to. */
  | { readonly kind: 'idle'; readonly lastEnqueued: LastEnqueued | undefined }
  /** Another consumer took the partition, or it has no such position (any more: the hub was created anew); this iteration ends. */
  | { readonly kind: 'stopped'; readonly reason: 'ownership-lost' | 'position-invalid' };

export interface LastEnqueued {
  readonly sequenceNumber: number;
  readonly enqueuedAt: number;
}

export interface ReceivedMessage {
  readonly partitionId: string;
  readonly offset: string;
  readonly sequenceNumber: number;
  /** Milliseconds since 1970 UTC. */
  readonly enqueuedAt: number;
  /** The message's bytes, unparsed. AMQP value and sequence bodies arrive as UTF-8 (strings) or JSON. */
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly messageId: string | undefined;
  readonly partitionKey: string | undefined;
  /** Application properties; CloudEvents in binary mode keep their attributes here. */
  readonly properties: Readonly<Record<string, Json>>;
}
