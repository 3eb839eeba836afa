import type { EventData, ReceivedEventData } from '@azure/event-hubs';
import type { Json } from '#kernel/json.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';

/** The port's form of a received event. */
export function toReceivedMessage(partitionId: string, event: ReceivedEventData): ReceivedMessage {
  return {
    partitionId,
    offset: String(event.offset),
    sequenceNumber: event.sequenceNumber,
    enqueuedAt: event.enqueuedTimeUtc.getTime(),
    body: bodyBytes(event),
    contentType: event.contentType,
    messageId: event.messageId === undefined ? undefined : scalarText(event.messageId),
    partitionKey: event.partitionKey ?? undefined,
    properties: event.properties === undefined ? {} : toProperties(event.properties),
  };
}

/** The client's form of a message to send. */
export function toEventData(message: MessageToPublish): EventData {
  return {
    // The client encodes a Buffer as one data section and anything else as JSON.
    body: Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength),
    ...(message.contentType === undefined ? {} : { contentType: message.contentType }),
    ...(message.messageId === undefined ? {} : { messageId: message.messageId }),
    ...(message.properties === undefined ? {} : { properties: { ...message.properties } }),
  };
}

/**
 * AMQP 1.0 section 3.2.6-3.2.8: a body is one or more data sections (bytes), one or more sequences, or one value. The client hands
 * out data as a Buffer (several sections as an array of them), when it is told not to parse JSON.
 */
function bodyBytes(event: ReceivedEventData): Uint8Array {
  const body: unknown = event.body;
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return body;
  if (body === null || body === undefined) return new Uint8Array(0);
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (
    Array.isArray(body) &&
    event.getRawAmqpMessage().bodyType === 'data' &&
    body.every((part) => Buffer.isBuffer(part))
  )
    return Buffer.concat(body);
  return Buffer.from(JSON.stringify(toJson(body)) ?? 'null', 'utf8');
}

function toProperties(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, Json>> {
  // fromEntries defines members, so that a property named __proto__ from outside is only a name.
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, toJson(value)]));
}

/** AMQP has types that JSON lacks: binary, and 64-bit numbers beyond 2^53, become base64 of their bytes, timestamps milliseconds. */
function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(toJson);
  return toProperties(value as Readonly<Record<string, unknown>>);
}

function scalarText(value: string | number | Buffer): string {
  return Buffer.isBuffer(value) ? value.toString('base64') : String(value);
}
