import type { EventData } from '@eventstore/db-client';
import { toKnownPosition, type VendorPosition } from '#adapters/eventstoredb/position.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { isUuid } from '#kernel/uuid.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';

/** An event as the vendor's client hands it out. */
export interface VendorEvent {
  readonly streamId: string;
  readonly id: string;
  readonly revision: bigint;
  readonly type: string;
  /** A value where the content type is JSON, else bytes; text where it was to be JSON and is none. */
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly created: Date;
  readonly position?: VendorPosition | undefined;
}

/** Events ready to be sent, or what is wrong with the first that cannot be. */
export type EncodedEvents =
  | { readonly ok: true; readonly events: EventData[] }
  | { readonly ok: false; readonly detail: string };

/**
 * Makes events ready for the vendor's client. They are serialised here, because what `JSON.stringify` cannot take would end the process as
 * an unhandled rejection inside the client.
 */
export function encodeEvents(events: readonly NewEvent[]): EncodedEvents {
  const encoded: EventData[] = [];
  for (const [index, event] of events.entries()) {
    if (!isUuid(event.id)) return { ok: false, detail: `event ${index}: the id is no UUID` };
    if (event.type === '') return { ok: false, detail: `event ${index}: the type is empty` };
    const { json } = event;
    const data = json === undefined ? encodeJson(event.data) : json.bytes.subarray(json.middle, json.end);
    const metadata = json === undefined ? encodeJson(event.metadata) : json.bytes.subarray(json.start, json.middle);
    if (data === undefined || metadata === undefined) {
      return { ok: false, detail: `event ${index}: data and metadata must be JSON objects` };
    }
    encoded.push(jsonBytesEvent(event.id, event.type, data, metadata));
  }
  return { ok: true, events: encoded };
}

const encoder = new TextEncoder();

/** A plain `Uint8Array`, the only kind that the client takes for metadata as it is. */
function encodeJson(value: JsonObject): Uint8Array | undefined {
  try {
    const text: string | undefined = isJsonObject(value) ? JSON.stringify(value) : undefined;
    return text?.startsWith('{') ? encoder.encode(text) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An event whose data is JSON already. The client would serialise it again, encode it as base64 and decode that, which costs more than all
 * the rest of an append. It asks for the content type twice: first for what it tells the server, then to choose how it encodes. A contract
 * test sees to it that what is stored is JSON by its content type too.
 */
function jsonBytesEvent(id: string, type: string, data: Uint8Array, metadata: Uint8Array): EventData {
  let asked = 0;
  const event = {
    id,
    type,
    data,
    metadata,
    get contentType() {
      return asked++ === 0 ? 'application/json' : 'application/octet-stream';
    },
  };
  return event as unknown as EventData;
}

/** True for what the port leaves out: events of system streams, and the marks that the server itself sets. */
export function isSystemEvent(event: VendorEvent): boolean {
  return event.streamId.startsWith('$') || event.type === '$streamDeleted';
}

/**
 * An event as the port knows it. What is no JSON object (somebody else wrote it) becomes `{ "$base64": … }` or `{ "$value": … }`, an empty
 * payload `{}`. Without a position (servers before 22.6, for reads of a stream) it is the empty string, which is before every other.
 */
export function toRecordedEvent(event: VendorEvent): RecordedEvent {
  return {
    position: toKnownPosition(event.position) ?? '',
    stream: event.streamId,
    revision: Number(event.revision),
    id: event.id,
    type: event.type,
    data: toJsonObject(event.data),
    metadata: toJsonObject(event.metadata),
    created: event.created.getTime(),
  };
}

function toJsonObject(value: unknown): JsonObject {
  if (value === undefined || value === '') return {};
  if (value instanceof Uint8Array) return parseBytes(value);
  if (isJsonObject(value)) return value;
  return { $value: value as Json };
}

function parseBytes(bytes: Uint8Array): JsonObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(buffer.toString('utf8'));
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Somebody else's bytes: shown as they are.
  }
  return { $base64: buffer.toString('base64') };
}
