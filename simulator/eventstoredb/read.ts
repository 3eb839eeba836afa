import type { Call } from '#simulator/eventstoredb/grpc-call.ts';
import { frameEvents, streamNotFound } from '#simulator/eventstoredb/read-messages.ts';
import {
  type AllStart,
  type ReadRequest,
  readRequest,
  type StreamStart,
} from '#simulator/eventstoredb/read-request.ts';
import { grpcCode, RpcError, streamDeleted } from '#simulator/eventstoredb/rpc-error.ts';
import type { Direction, Storage, StoredEvent } from '#simulator/eventstoredb/storage.ts';

/** Events that are read from the storage at once. */
const page = 500;

/** `Streams/Read`: pages of a stream or of the whole log, and subscriptions, which `subscribe` serves. */
export function createReadHandler(
  storage: Storage,
  subscribe: (call: Call, request: ReadRequest) => Promise<void>,
): (call: Call) => Promise<void> {
  return async (call) => {
    let request: ReadRequest | undefined;
    await call.receive((message) => {
      request = readRequest(message);
    });
    if (request === undefined) throw new RpcError(grpcCode.invalidArgument, 'request is missing');
    const { source, direction, count, filter } = request;
    if (count === undefined) return subscribe(call, request);
    if (filter !== undefined && 'stream' in source) {
      throw new RpcError(grpcCode.invalidArgument, 'a stream cannot be read through a filter');
    }
    if ('stream' in source) return sendStream(call, storage, source, direction, count);
    const next = allPages(storage, source.from, direction);
    let left = count;
    for (let events = await next(left); events.length > 0 && left > 0; events = await next(left)) {
      const wanted = filter === undefined ? events : events.filter(filter.matches).slice(0, left);
      left -= wanted.length;
      if (wanted.length > 0) await call.send(frameEvents(wanted));
      if (call.signal.aborted) return;
    }
    await call.send(nothing);
  };
}

/** Opens the answer of an empty read, which has no messages. */
const nothing = Buffer.alloc(0);

async function sendStream(
  call: Call,
  storage: Storage,
  { stream, from }: { readonly stream: string; readonly from: StreamStart },
  direction: Direction,
  count: number,
): Promise<void> {
  let next: number | undefined = typeof from === 'number' ? from : undefined;
  if (from === 'end' && direction === 'forwards') next = Number.MAX_SAFE_INTEGER;
  if (from === 'start' && direction === 'backwards') next = 0;
  for (let left = count; left > 0; ) {
    const limit = Math.min(left, page);
    const answer = await storage.readStream(stream, {
      direction,
      limit,
      ...(next === undefined ? {} : { from: next }),
    });
    if (!answer.ok) {
      if (answer.reason === 'stream-deleted') throw streamDeleted(stream);
      if (answer.reason === 'stream-not-found') return call.send(streamNotFound(stream));
      throw new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
    }
    await call.send(frameEvents(answer.events));
    const last = answer.events.at(-1);
    if (last === undefined || answer.events.length < limit || call.signal.aborted) return;
    left -= answer.events.length;
    next = direction === 'forwards' ? last.revision + 1 : last.revision - 1;
    if (next < 0) return;
  }
}

/**
 * Reads the whole log page by page. A position stands before its event: reading forwards begins with that event, backwards with the
 * one before it.
 */
function allPages(
  storage: Storage,
  from: AllStart,
  direction: Direction,
): (most: number) => Promise<readonly StoredEvent[]> {
  const step = direction === 'forwards' ? 1n : -1n;
  let next: bigint | undefined = typeof from === 'bigint' ? (direction === 'forwards' ? from : from - 1n) : undefined;
  let ended = (from === 'end' && direction === 'forwards') || (from === 'start' && direction === 'backwards');
  return async (most) => {
    if (ended || most <= 0 || (next !== undefined && next < 0n)) return [];
    const limit = Math.min(most, page);
    const answer = await storage.readAll({ direction, limit, ...(next === undefined ? {} : { from: next }) });
    if (!answer.ok) throw new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
    const last = answer.events.at(-1);
    if (last === undefined || answer.events.length < limit) ended = true;
    if (last !== undefined) next = last.position + step;
    return answer.events;
  };
}
