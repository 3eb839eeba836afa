import type { PreparedEvent } from '../amqp/event-message.ts';
import { recordHead, type Segment } from './segment.ts';

/** The segment that holds a sequence number, or would hold it next. @param segments in order, at least one */
export function segmentHolding(segments: readonly Segment[], sequenceNumber: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((segments[middle]?.base ?? 0) <= sequenceNumber) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low];
  if (segment === undefined) throw new Error('a partition without segments');
  return segment;
}

/**
 * The first sequence number from `low` whose event satisfies a condition that holds from some event on; `high` when
 * none before it does.
 */
export function firstEventWhere(
  segments: readonly Segment[],
  low: number,
  high: number,
  holds: (segment: Segment, index: number) => boolean,
): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const segment = segmentHolding(segments, middle);
    if (holds(segment, middle - segment.base)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Upper bound of the bytes that events will take in a segment. */
export function estimate(events: readonly PreparedEvent[]): number {
  let bytes = 0;
  for (const event of events) {
    bytes += recordHead + 160 + (event.partitionKey?.length ?? 0) * 4 + (event.header?.length ?? 0);
    for (const part of event.kept) bytes += part.length;
    for (const part of event.rest) bytes += part.length;
  }
  return bytes;
}
