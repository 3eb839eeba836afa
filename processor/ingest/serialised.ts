import type { JsonObject } from '#kernel/json.ts';
import type { EventJson, NewEvent } from '#ports/event-log.ts';

/** An event as texts. */
export interface EventTexts {
  readonly id: string;
  readonly type: string;
  /** JSON objects. */
  readonly metadata: string;
  readonly data: string;
}

/** An event that knows itself as JSON alone. */
export type SerialisedEvent = NewEvent & { readonly json: EventJson };

/**
 * Puts the texts of a batch into one buffer, in their order. Thousands of objects that wait for the log cost more than making them did, as the garbage
 * collector looks at each again and again; one buffer costs nothing. Who asks for `data` or `metadata` after all gets them parsed.
 */
export function serialise(events: readonly EventTexts[]): readonly SerialisedEvent[] {
  let units = 0;
  let most = 0;
  for (const { metadata, data } of events) {
    units += metadata.length + data.length;
    most = Math.max(most, metadata.length, data.length);
  }
  // Enough where all is ASCII, as it mostly is: one byte for every UTF-16 unit, and room for the worst case of one text.
  let bytes = new Uint8Array(units + 2 * most);
  let end = 0;
  const write = (text: string): number => {
    if (bytes.length - end < text.length * 3) {
      const larger = new Uint8Array(bytes.length * 2 + text.length * 3);
      larger.set(bytes.subarray(0, end));
      bytes = larger;
    }
    end += encoder.encodeInto(text, bytes.subarray(end)).written;
    return end;
  };
  const ends = events.map(({ metadata, data }) => ({ start: end, middle: write(metadata), end: write(data) }));
  return ends.map((place, index) => {
    const { id, type } = events[index] as EventTexts;
    return lazy(id, type, { bytes, ...place });
  });
}

const encoder = new TextEncoder();

const parsed = {
  get metadata(): JsonObject {
    const { json } = this as unknown as SerialisedEvent;
    return parse(json, json.start, json.middle);
  },
  get data(): JsonObject {
    const { json } = this as unknown as SerialisedEvent;
    return parse(json, json.middle, json.end);
  },
  /** What it is to whoever copies it by way of JSON: an event as any other. */
  toJSON(): NewEvent {
    const { id, type, data, metadata } = this as unknown as SerialisedEvent;
    return { id, type, data, metadata };
  },
};

function lazy(id: string, type: string, json: EventJson): SerialisedEvent {
  // By prototype: two accessors for every event would be two closures for every event.
  return { __proto__: parsed, id, type, json } as unknown as SerialisedEvent;
}

function parse({ bytes }: EventJson, from: number, to: number): JsonObject {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')) as JsonObject;
}
