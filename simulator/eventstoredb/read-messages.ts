import { positionFields } from '#simulator/eventstoredb/append-messages.ts';
import { frame } from '#simulator/eventstoredb/grpc-call.ts';
import { delimitedField, integer, putHeader, putVarint, varintLength } from '#simulator/eventstoredb/protobuf.ts';
import { type StoredEvent, tombstoneRevision } from '#simulator/eventstoredb/storage.ts';

const ticksPerMillisecond = '0000';
/** The largest signed 64-bit integer as a varint: the revision of a tombstone. */
const largest = Buffer.from('ffffffffffffffff7f', 'hex');

/** Frames with one `ReadResp.event` each, all in one buffer: what a read spends its time on. */
export function frameEvents(events: readonly StoredEvent[]): Buffer {
  const plans = events.map(plan);
  const target = Buffer.allocUnsafe(plans.reduce((sum, { response }) => sum + 5 + response, 0));
  let at = 0;
  for (const [i, event] of events.entries()) {
    const sizes = plans[i];
    if (sizes !== undefined) at = putEvent(target, at, event, sizes);
  }
  return target;
}

interface Sizes {
  readonly stream: Buffer;
  readonly labels: Buffer;
  readonly position: Buffer;
  readonly revision: Buffer;
  readonly record: number;
  readonly event: number;
  readonly response: number;
}

const withHeader = (length: number) => 1 + varintLength(length) + length;

function plan(event: StoredEvent): Sizes {
  const stream = delimitedField(2, delimitedField(3, event.stream));
  const labels = labelsOf(event);
  const position = Number(event.position);
  const positions = Buffer.concat([integer(4, position), integer(5, position)]);
  const revision =
    event.revision === tombstoneRevision ? Buffer.concat([Buffer.of(3 << 3), largest]) : integer(3, event.revision);
  const record =
    idLength +
    stream.length +
    revision.length +
    positions.length +
    labels.length +
    withHeader(event.metadata.length) +
    withHeader(event.data.length);
  const inner = withHeader(record) + 1 + varintLength(position);
  return { stream, labels, position: positions, revision, record, event: inner, response: withHeader(inner) };
}

/** A UUID message with the 36 characters of its text. */
const idLength = 2 + 2 + 36;

let lastLabels: { readonly type: string; readonly contentType: string; readonly bytes: Buffer } | undefined;

/** The map of type, content type and time; neighbours mostly share the first two. */
function labelsOf(event: StoredEvent): Buffer {
  if (lastLabels?.type !== event.type || lastLabels.contentType !== event.contentType) {
    const bytes = Buffer.concat([label('type', event.type), label('content-type', event.contentType)]);
    lastLabels = { type: event.type, contentType: event.contentType, bytes };
  }
  return Buffer.concat([lastLabels.bytes, label('created', `${Math.trunc(event.created)}${ticksPerMillisecond}`)]);
}

const label = (key: string, value: string) => delimitedField(6, delimitedField(1, key), delimitedField(2, value));

function putEvent(target: Buffer, offset: number, event: StoredEvent, sizes: Sizes): number {
  let at = offset;
  target[at] = 0;
  target.writeUInt32BE(sizes.response, at + 1);
  at = putHeader(target, at + 5, 1, sizes.event);
  at = putHeader(target, at, 1, sizes.record);
  at = putHeader(target, at, 1, idLength - 2);
  at = putHeader(target, at, 2, 36);
  at += target.write(event.id, at, 36, 'latin1');
  for (const part of [sizes.stream, sizes.revision, sizes.position, sizes.labels]) {
    target.set(part, at);
    at += part.length;
  }
  at = putHeader(target, at, 7, event.metadata.length);
  target.set(event.metadata, at);
  at = putHeader(target, at + event.metadata.length, 8, event.data.length);
  target.set(event.data, at);
  at += event.data.length;
  target[at] = 3 << 3;
  return putVarint(target, at + 1, Number(event.position));
}

/** A subscription was begun. */
export const confirmation = (subscriptionId: string): Buffer =>
  frame(delimitedField(2, delimitedField(1, subscriptionId)));

/** Everything up to here was looked at. */
export const checkpoint = (position: bigint): Buffer => frame(delimitedField(3, positionFields(position)));

/** The only answer to a read of a stream that is not there. */
export const streamNotFound = (stream: string): Buffer =>
  frame(delimitedField(4, delimitedField(1, delimitedField(3, stream))));

/** What was there is sent, from here on it is live. */
export const caughtUp = (): Buffer => frame(delimitedField(8));
