import { crc32 } from 'node:zlib';

/** Bytes of a record before its message: length, checksum, flags, enqueued time. */
export const recordHead = 20;
const lastOfBatch = 1;

/**
 * A run of events of one partition, encoded as they lie on disk: per event its length, a CRC-32 over what follows,
 * flags, the enqueued time and the message.
 */
export interface Segment {
  /** Sequence number of the first event. */
  readonly base: number;
  /** Offset (bytes since the partition began) of the first event. */
  readonly startOffset: number;
  /** Where each event's record begins, in bytes from the start of the segment. */
  readonly positions: number[];
  /** When each event was enqueued, milliseconds since 1970 UTC. */
  readonly times: number[];
  /** Bytes in use. */
  size: number;
  /** The records; absent while they are only on disk. May be longer than `size`. */
  image: Buffer | undefined;
  /** Under way from disk. */
  loading: Promise<void> | undefined;
}

/** A segment without events. @param reserved bytes to set aside for its records */
export function emptySegment(base: number, startOffset: number, reserved = 0): Segment {
  const image = Buffer.allocUnsafeSlow(reserved);
  return { base, startOffset, positions: [], times: [], size: 0, image, loading: undefined };
}

/** Appends one event. The caller gives `last` for the final event of what must be stored whole or not at all. */
export function putRecord(segment: Segment, message: Buffer, enqueuedAt: number, last: boolean): void {
  const size = recordHead + message.length;
  const image = reserve(segment, size);
  const at = segment.size;
  image.writeUInt32BE(message.length, at);
  image.writeUInt32BE(last ? lastOfBatch : 0, at + 8);
  image.writeDoubleBE(enqueuedAt, at + 12);
  message.copy(image, at + recordHead);
  image.writeUInt32BE(crc32(image.subarray(at + 8, at + size)), at + 4);
  segment.positions.push(at);
  segment.times.push(enqueuedAt);
  segment.size = at + size;
}

/** Takes back everything from the `count`-th event on. */
export function truncate(segment: Segment, count: number): void {
  if (count >= segment.positions.length) return;
  segment.size = segment.positions[count] ?? 0;
  segment.positions.length = count;
  segment.times.length = count;
}

/** The encoded message of the event at `index`; a view on the segment's bytes. */
export function messageAt(segment: Segment, image: Buffer, index: number): Buffer {
  const at = segment.positions[index] ?? 0;
  return image.subarray(at + recordHead, at + recordHead + image.readUInt32BE(at));
}

/** Offset of the event at `index`. */
export function offsetAt(segment: Segment, index: number): number {
  return segment.startOffset + (segment.positions[index] ?? segment.size);
}

/**
 * Indexes records that were read back. Stops at the first that is cut off or damaged, and before a batch whose last
 * event is missing.
 */
export function scanRecords(base: number, startOffset: number, image: Buffer): Segment {
  const segment: Segment = { ...emptySegment(base, startOffset), image };
  let at = 0;
  let whole = 0;
  while (at + recordHead <= image.length) {
    const end = at + recordHead + image.readUInt32BE(at);
    if (end > image.length || crc32(image.subarray(at + 8, end)) !== image.readUInt32BE(at + 4)) break;
    segment.positions.push(at);
    segment.times.push(image.readDoubleBE(at + 12));
    segment.size = end;
    if ((image.readUInt32BE(at + 8) & lastOfBatch) !== 0) whole = segment.positions.length;
    at = end;
  }
  truncate(segment, whole);
  return segment;
}

function reserve(segment: Segment, more: number): Buffer {
  const image = segment.image ?? Buffer.alloc(0);
  const needed = segment.size + more;
  if (image.length >= needed) return image;
  // Doubling leaves views on the old bytes valid: they are never written again.
  const bigger = Buffer.allocUnsafeSlow(Math.max(64 * 1024, image.length * 2, needed));
  image.copy(bigger, 0, 0, segment.size);
  segment.image = bigger;
  return bigger;
}
