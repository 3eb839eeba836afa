import type { PackedPage } from '#adapters/sqlite/packing.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { LogPosition, RecordedEvent } from '#ports/event-log.ts';

/** Positions compare as strings because all have the same length: 20 digits hold every unsigned 64-bit number. */
export function toPosition(position: number | bigint): LogPosition {
  return position.toString().padStart(20, '0');
}

/** @throws when it is not a position of this log */
export function fromPosition(position: LogPosition): number {
  if (!/^\d{1,20}$/.test(position)) throw new TypeError(`not a position of the event log: ${position}`);
  // Nothing is written beyond what a number holds, so a larger one may as well be the largest.
  return Math.min(Number(position), Number.MAX_SAFE_INTEGER - 1);
}

/** Parses a page as the port hands it out. */
export function toRecordedEvents(page: PackedPage): RecordedEvent[] {
  const buffer = Buffer.from(page.bytes.buffer);
  let start = 0;
  const parse = (end: number): JsonObject => {
    const from = start;
    start = end;
    return parsePayload(buffer, from, end);
  };
  return page.ids.map((id, i) => {
    const metadata = parse(page.ends[2 * i] ?? 0);
    const data = parse(page.ends[2 * i + 1] ?? 0);
    return {
      position: toPosition(page.positions[i] ?? 0),
      stream: page.streams[i] ?? '',
      revision: page.revisions[i] ?? 0,
      id,
      type: page.types[i] ?? '',
      data,
      metadata,
      created: page.created[i] ?? 0,
    };
  });
}

/** The content type is not asked: JSON is also written as octets, which the vendor's client sends faster. */
function parsePayload(buffer: Buffer, start: number, end: number): JsonObject {
  if (start === end) return {};
  try {
    const parsed: unknown = JSON.parse(buffer.toString('utf8', start, end));
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Falls through: somebody else's bytes.
  }
  return { $base64: buffer.toString('base64', start, end) };
}
