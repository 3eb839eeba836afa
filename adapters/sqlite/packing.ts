import type { EngineContentType, EngineEvent, EngineNewEvent } from '#adapters/sqlite/engine.ts';
import type { NewEvent } from '#ports/event-log.ts';

/**
 * Many events as a few flat columns and one buffer that is transferred, not copied, between threads: cloning an object with two buffers for
 * every event would cost more than reading it from the disk. Payload `i` has its metadata up to `ends[2i]` and its data up to `ends[2i+1]`.
 */
export interface PackedEvents {
  readonly ids: readonly string[];
  readonly types: readonly string[];
  readonly json: readonly boolean[];
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of data alone, which the limit of an append counts. */
  readonly dataBytes: number;
}

/** A page of stored events. */
export interface PackedPage extends PackedEvents {
  readonly positions: readonly number[];
  readonly streams: readonly string[];
  readonly revisions: readonly number[];
  readonly created: readonly number[];
}

/** Puts metadata and data behind each other into one buffer of exactly the right size. */
export function joinPayloads(payloads: readonly Uint8Array[]): {
  ends: Uint32Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
} {
  const ends = new Uint32Array(payloads.length);
  let size = 0;
  for (const [i, payload] of payloads.entries()) {
    size += payload.byteLength;
    ends[i] = size;
  }
  const bytes = new Uint8Array(size);
  for (const [i, payload] of payloads.entries()) bytes.set(payload, i === 0 ? 0 : ends[i - 1]);
  return { ends, bytes };
}

export function packEvents(events: readonly EngineNewEvent[]): PackedEvents {
  return {
    ids: events.map((event) => event.id.toLowerCase()),
    types: events.map((event) => event.type),
    json: events.map((event) => event.contentType === 'application/json'),
    dataBytes: events.reduce((sum, event) => sum + event.data.byteLength, 0),
    ...joinPayloads(events.flatMap((event) => [event.metadata, event.data])),
  };
}

/** Packs events whose metadata and data are JSON texts already; `texts` holds them in turn. */
export function packTexts(ids: readonly string[], types: readonly string[], texts: readonly string[]): PackedEvents {
  let room = 0;
  // Three bytes of UTF-8 are the most that one UTF-16 unit can need.
  for (const text of texts) room += text.length * 3;
  const buffer = Buffer.allocUnsafeSlow(room);
  const ends = new Uint32Array(texts.length);
  let size = 0;
  let dataBytes = 0;
  for (const [i, text] of texts.entries()) {
    const written = buffer.write(text, size, 'utf8');
    size += written;
    ends[i] = size;
    if (i % 2 === 1) dataBytes += written;
  }
  return { ids, types, json: ids.map(() => true), ends, bytes: new Uint8Array(buffer.subarray(0, size)), dataBytes };
}

/** Packs events that were serialised before; undefined where one was not. */
export function packJson(events: readonly NewEvent[]): PackedEvents | undefined {
  const ends = new Uint32Array(events.length * 2);
  const ids: string[] = [];
  const types: string[] = [];
  /** Stretches of buffers that hold one event behind the other: each is copied at once. */
  const stretches: { readonly bytes: Uint8Array; readonly start: number; end: number }[] = [];
  let size = 0;
  let dataBytes = 0;
  for (const [i, { id, type, json }] of events.entries()) {
    if (json === undefined) return undefined;
    const last = stretches.at(-1);
    if (last !== undefined && last.bytes === json.bytes && last.end === json.start) last.end = json.end;
    else stretches.push({ ...json });
    ends[2 * i] = size + json.middle - json.start;
    size += json.end - json.start;
    ends[2 * i + 1] = size;
    dataBytes += json.end - json.middle;
    ids.push(id.toLowerCase());
    types.push(type);
  }
  // A copy, as it goes to another thread: the caller may have to append the same events again.
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { bytes: from, start, end } of stretches) {
    bytes.set(from.subarray(start, end), at);
    at += end - start;
  }
  return { ids, types, json: ids.map(() => true), ends, bytes, dataBytes };
}

/** Metadata and data of one event, as views. */
export function payloadOf(packed: PackedEvents, i: number): { metadata: Uint8Array; data: Uint8Array } {
  const start = i === 0 ? 0 : (packed.ends[2 * i - 1] ?? 0);
  const middle = packed.ends[2 * i] ?? start;
  return {
    metadata: packed.bytes.subarray(start, middle),
    data: packed.bytes.subarray(middle, packed.ends[2 * i + 1] ?? middle),
  };
}

export function unpackPage(page: PackedPage): EngineEvent[] {
  return page.ids.map((id, i) => ({
    position: BigInt(page.positions[i] ?? 0),
    stream: page.streams[i] ?? '',
    revision: page.revisions[i] ?? 0,
    id,
    type: page.types[i] ?? '',
    contentType: contentType(page.json[i]),
    created: page.created[i] ?? 0,
    ...payloadOf(page, i),
  }));
}

function contentType(json: boolean | undefined): EngineContentType {
  return json === true ? 'application/json' : 'application/octet-stream';
}
