import type { Json } from '#kernel/json.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';

/**
 * A batch of messages of one partition as a few columns and one buffer, which threads hand over without a copy: cloning an object with a buffer for every
 * message would cost more than receiving it. The body of message `i` ends at `ends[i]`.
 */
export interface PackedMessages {
  readonly partitionId: string;
  readonly sequenceNumbers: Float64Array<ArrayBuffer>;
  readonly enqueuedAt: Float64Array<ArrayBuffer>;
  readonly offsets: readonly string[];
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentTypes: Column<string | undefined>;
  readonly messageIds: Column<string | undefined>;
  readonly partitionKeys: Column<string | undefined>;
  readonly properties: Column<Readonly<Record<string, Json>>>;
}

/** One value where all messages have the same, as they mostly do. */
type Column<T> = { readonly all: T } | { readonly each: readonly T[] };

const noProperties: Readonly<Record<string, Json>> = {};

/** @param messages of one partition */
export function packMessages(messages: readonly ReceivedMessage[]): PackedMessages {
  const ends = new Uint32Array(messages.length);
  let size = 0;
  for (const [i, { body }] of messages.entries()) {
    size += body.byteLength;
    ends[i] = size;
  }
  const bytes = new Uint8Array(size);
  for (const [i, { body }] of messages.entries()) bytes.set(body, i === 0 ? 0 : ends[i - 1]);
  const isBare = messages.every(({ properties }) => Object.keys(properties).length === 0);
  return {
    partitionId: messages[0]?.partitionId ?? '',
    sequenceNumbers: Float64Array.from(messages, ({ sequenceNumber }) => sequenceNumber),
    enqueuedAt: Float64Array.from(messages, ({ enqueuedAt }) => enqueuedAt),
    offsets: messages.map(({ offset }) => offset),
    ...{ ends, bytes },
    contentTypes: column(messages.map(({ contentType }) => contentType)),
    messageIds: column(messages.map(({ messageId }) => messageId)),
    partitionKeys: column(messages.map(({ partitionKey }) => partitionKey)),
    properties: isBare ? { all: noProperties } : { each: messages.map(({ properties }) => properties) },
  };
}

function column<T extends string | undefined>(values: readonly T[]): Column<T> {
  const [all] = values;
  return values.length > 0 && values.every((value) => value === all) ? { all: all as T } : { each: values };
}

/** The buffers of a batch, to be transferred. */
export function buffersOf({ sequenceNumbers, enqueuedAt, ends, bytes }: PackedMessages): ArrayBuffer[] {
  return [sequenceNumbers.buffer, enqueuedAt.buffer, ends.buffer, bytes.buffer];
}

/** The messages of a batch; their bodies are views into its buffer. */
export function unpackMessages(packed: PackedMessages): ReceivedMessage[] {
  const { partitionId, ends, bytes } = packed;
  const contentType = reader(packed.contentTypes);
  const messageId = reader(packed.messageIds);
  const partitionKey = reader(packed.partitionKeys);
  const properties = reader(packed.properties);
  return packed.offsets.map((offset, i) => ({
    partitionId,
    offset,
    sequenceNumber: packed.sequenceNumbers[i] ?? 0,
    enqueuedAt: packed.enqueuedAt[i] ?? 0,
    body: bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
    contentType: contentType(i),
    messageId: messageId(i),
    partitionKey: partitionKey(i),
    properties: properties(i),
  }));
}

function reader<T>(of: Column<T>): (i: number) => T {
  return 'all' in of ? () => of.all : (i) => of.each[i] as T;
}
