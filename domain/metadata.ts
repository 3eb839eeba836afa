import type { JsonObject } from '#kernel/json.ts';

/** Which part of which build wrote an event. */
export interface RecordedBy {
  readonly role: string;
  readonly build: string;
}

/** What the metadata of every event has. */
export interface EventMetadata extends JsonObject {
  /** The emergency that it belongs to, else the event that it all began with. */
  readonly $correlationId: string;
  /** The event that led to this one; its own id for what came from outside. */
  readonly $causationId: string;
  /** ISO 8601 UTC, by the clock of the process that wrote it. */
  readonly recordedAt: string;
  /** When it was decided, where it had to wait for the log: ISO 8601 UTC. */
  readonly decidedAt?: string;
  readonly schemaVersion: number;
  readonly recordedBy: { readonly role: string; readonly build: string };
}

/** What the metadata of `inbox-*` has besides: where in the hub the event comes from. */
export interface InboxMetadata extends EventMetadata {
  readonly incarnation: string;
  readonly partition: string;
  readonly offset: string;
  readonly sequenceNumber: number;
  /** ISO 8601 UTC. */
  readonly enqueuedAt: string;
  /** 0-based place within the message, and how many items the message held. */
  readonly index: number;
  readonly count: number;
}

/** Metadata of an event; `now` in milliseconds since 1970 UTC. */
export function eventMetadata(
  by: RecordedBy,
  now: number,
  correlationId: string,
  causationId: string,
  schemaVersion = 1,
): EventMetadata {
  return {
    $correlationId: correlationId,
    $causationId: causationId,
    recordedAt: new Date(now).toISOString(),
    schemaVersion,
    recordedBy: { role: by.role, build: by.build },
  };
}

/** The place in the hub that an event of `inbox-*` stands for, undefined when the metadata does not say. */
export function inboxPositionOf(metadata: JsonObject): InboxPosition | undefined {
  const { incarnation, sequenceNumber, index, count } = metadata;
  if (
    typeof incarnation !== 'string' ||
    typeof sequenceNumber !== 'number' ||
    typeof index !== 'number' ||
    typeof count !== 'number'
  )
    return undefined;
  const at = typeof metadata['enqueuedAt'] === 'string' ? Date.parse(metadata['enqueuedAt']) : Number.NaN;
  return { incarnation, sequenceNumber, index, count, ...(Number.isNaN(at) ? {} : { enqueuedAt: at }) };
}

export interface InboxPosition {
  readonly incarnation: string;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly count: number;
  /** When the hub took the message, milliseconds since 1970 UTC; a gap says when it was put on record. */
  readonly enqueuedAt?: number;
}
