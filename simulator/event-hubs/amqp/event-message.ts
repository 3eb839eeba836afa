import { annotations, binaryAt, sectionCode, splitSections, textAt } from './sections.ts';

/** Message format of a batch: one data section per event (Azure Event Hubs AMQP 1.0 protocol guide). */
const batchFormat = 0x80013700;

/** One event as a publisher sent it, cut so that the service's annotations can be put in. */
export interface PreparedEvent {
  readonly header: Buffer | undefined;
  /** Annotations of the sender's own, key and value as encoded. */
  readonly kept: readonly Buffer[];
  readonly partitionKey: string | undefined;
  /** Properties, application properties, body and footer as encoded. */
  readonly rest: readonly Buffer[];
}

/** What the service gives an event when it stores it. */
export interface Stamp {
  readonly sequenceNumber: number;
  readonly offset: number;
  /** Milliseconds since 1970 UTC. */
  readonly enqueuedAt: number;
}

const partitionKeyName = 'x-opt-partition-key';
const owned = new Set(['x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time', partitionKeyName]);

/** Splits what a publisher sent into its events. Throws {@link MalformedMessage}. */
export function prepareEvents(
  message: Buffer,
  format: number,
): { events: PreparedEvent[]; partitionKey: string | undefined } {
  if (format !== batchFormat) {
    const event = prepare(message, undefined);
    return { events: [event], partitionKey: event.partitionKey };
  }
  const sections = splitSections(message);
  const envelope = sections.find((section) => section.code === sectionCode.messageAnnotations);
  let partitionKey: string | undefined;
  if (envelope !== undefined) {
    for (const entry of annotations(message, envelope.value)) {
      if (entry.key === partitionKeyName) partitionKey = textAt(message, entry.value);
    }
  }
  const events = sections
    .filter((section) => section.code === sectionCode.data)
    .map((section) => prepare(binaryAt(message, section.value), partitionKey));
  return { events, partitionKey: partitionKey ?? events[0]?.partitionKey };
}

function prepare(message: Buffer, envelopeKey: string | undefined): PreparedEvent {
  let header: Buffer | undefined;
  let partitionKey = envelopeKey;
  const kept: Buffer[] = [];
  const rest: Buffer[] = [];
  for (const section of splitSections(message)) {
    if (section.code === sectionCode.header) header = message.subarray(section.start, section.end);
    else if (section.code === sectionCode.messageAnnotations) {
      for (const entry of annotations(message, section.value)) {
        if (entry.key === partitionKeyName) partitionKey ??= textAt(message, entry.value);
        if (!owned.has(entry.key)) kept.push(entry.raw);
      }
    } else if (section.code !== sectionCode.deliveryAnnotations) {
      rest.push(message.subarray(section.start, section.end));
    }
  }
  return { header, kept, partitionKey, rest };
}

const symbol = (text: string) => Buffer.concat([Buffer.from([0xa3, text.length]), Buffer.from(text, 'ascii')]);
const sequenceKey = symbol('x-opt-sequence-number');
const offsetKey = symbol('x-opt-offset');
const timeKey = symbol('x-opt-enqueued-time');
const keyKey = symbol(partitionKeyName);

/** The event as consumers get it: the sender's bytes with the service's annotations. */
export function encodeStamped(event: PreparedEvent, stamp: Stamp): Buffer {
  const own = [
    sequenceKey,
    long(0x81, stamp.sequenceNumber),
    offsetKey,
    text(String(stamp.offset)),
    timeKey,
    long(0x83, stamp.enqueuedAt),
  ];
  if (event.partitionKey !== undefined) own.push(keyKey, text(event.partitionKey));
  const section = mapSection(
    sectionCode.messageAnnotations,
    [...own, ...event.kept],
    own.length + 2 * event.kept.length,
  );
  return Buffer.concat(event.header === undefined ? [section, ...event.rest] : [event.header, section, ...event.rest]);
}

const lastSequenceKey = symbol('last_enqueued_sequence_number');
const lastOffsetKey = symbol('last_enqueued_offset');
const lastTimeKey = symbol('last_enqueued_time_utc');
const retrievalKey = symbol('runtime_info_retrieval_time_utc');

/** Delivery annotations that tell a consumer how far the partition has come (`trackLastEnqueuedEventProperties`). */
export function lastEnqueuedSection(last: Stamp, now: number): Buffer {
  return mapSection(
    sectionCode.deliveryAnnotations,
    [
      lastSequenceKey,
      long(0x81, last.sequenceNumber),
      lastOffsetKey,
      text(String(last.offset)),
      lastTimeKey,
      long(0x83, last.enqueuedAt),
      retrievalKey,
      long(0x83, now),
    ],
    8,
  );
}

function mapSection(code: number, parts: readonly Buffer[], count: number): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  const head = Buffer.allocUnsafe(12);
  head.writeUInt32BE(0x005372d1, 0);
  head[2] = code;
  head.writeUInt32BE(size, 4);
  head.writeUInt32BE(count, 8);
  return Buffer.concat([head, ...parts]);
}

function long(code: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = code;
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), 1);
  bytes.writeUInt32BE(value >>> 0, 5);
  return bytes;
}

function text(value: string): Buffer {
  const size = Buffer.byteLength(value);
  const bytes = Buffer.allocUnsafe(size + (size > 255 ? 5 : 2));
  if (size > 255) {
    bytes[0] = 0xb1;
    bytes.writeUInt32BE(size, 1);
  } else {
    bytes[0] = 0xa1;
    bytes[1] = size;
  }
  bytes.write(value, bytes.length - size, 'utf8');
  return bytes;
}
