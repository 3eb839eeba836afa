import { createFilter, type EventFilter } from '#simulator/eventstoredb/filter.ts';
import { type Field, fieldOf, fieldsOf, messageOf, textOf } from '#simulator/eventstoredb/protobuf.ts';
import { grpcCode, RpcError } from '#simulator/eventstoredb/rpc-error.ts';
import type { Direction } from '#simulator/eventstoredb/storage.ts';

/** What a client wants to read: `ReadReq.Options` of `streams.proto`. */
export interface ReadRequest {
  readonly source: { readonly stream: string; readonly from: StreamStart } | { readonly from: AllStart };
  readonly direction: Direction;
  /** Undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: EventFilter | undefined;
}

/** A revision, inclusive for reads and exclusive for subscriptions, or an end of the stream. */
export type StreamStart = number | 'start' | 'end';
/** A position, or an end of the log. */
export type AllStart = bigint | 'start' | 'end';

/** Reads a `ReadReq`. @throws RpcError where something is missing or contradicts itself */
export function readRequest(message: Buffer): ReadRequest {
  const options = messageOf(fieldsOf(message), 1) ?? [];
  const stream = messageOf(options, 1);
  const all = messageOf(options, 2);
  const filter = messageOf(options, 7);
  const count = fieldOf(options, 5)?.value;
  const subscription = fieldOf(options, 6) !== undefined;
  if (!subscription && count === undefined) throw new RpcError(grpcCode.invalidArgument, 'count is missing');
  if ((stream === undefined) === (all === undefined)) {
    throw new RpcError(grpcCode.invalidArgument, 'one of stream and all is needed');
  }
  return {
    source: stream === undefined ? { from: allStart(all ?? []) } : streamSource(stream),
    direction: fieldOf(options, 3)?.value === 1 ? 'backwards' : 'forwards',
    count: subscription ? undefined : count,
    filter: filter === undefined ? undefined : createFilter(filter),
  };
}

function streamSource(options: readonly Field[]): { readonly stream: string; readonly from: StreamStart } {
  const identifier = messageOf(options, 1) ?? [];
  const revision = fieldOf(options, 2)?.value;
  const stream = textOf(identifier, 3) ?? '';
  if (fieldOf(options, 4) !== undefined) return { stream, from: 'end' };
  return { stream, from: revision === undefined ? 'start' : revision > Number.MAX_SAFE_INTEGER ? 'end' : revision };
}

function allStart(options: readonly Field[]): AllStart {
  if (fieldOf(options, 3) !== undefined) return 'end';
  const position = messageOf(options, 1);
  if (position === undefined) return 'start';
  const commit = fieldOf(position, 1)?.value ?? 0;
  return commit > Number.MAX_SAFE_INTEGER ? 'end' : BigInt(commit);
}
