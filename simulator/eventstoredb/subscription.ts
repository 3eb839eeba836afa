import { randomUUID } from 'node:crypto';
import type { Clock } from '#ports/clock.ts';
import type { FaultState } from '#simulator/eventstoredb/faults.ts';
import type { Call } from '#simulator/eventstoredb/grpc-call.ts';
import { caughtUp, checkpoint, confirmation, frameEvents } from '#simulator/eventstoredb/read-messages.ts';
import type { ReadRequest } from '#simulator/eventstoredb/read-request.ts';
import { grpcCode, RpcError, streamDeleted, tooSlow } from '#simulator/eventstoredb/rpc-error.ts';
import { type Storage, type StoredEvent, tombstoneRevision } from '#simulator/eventstoredb/storage.ts';

const page = 500;
/** Between the mark of a tombstone and the error that ends the subscription. */
const farewellMs = 20;

/**
 * Serves subscriptions: first what is there, then what comes. While live at most `liveBuffer` events may wait: when more come at once than
 * that, or come while the client does not read, the subscription is ended as the real server ends it.
 */
export function createSubscriptions(
  storage: Storage,
  liveBuffer: number,
  clock: Clock,
  faults: FaultState,
): (call: Call, request: ReadRequest) => Promise<void> {
  return async (call, { source, filter, direction }) => {
    if (direction === 'backwards') throw new RpcError(grpcCode.invalidArgument, 'subscriptions go forwards');
    const bell = createBell(call.signal);
    const stop = storage.onAppended(bell.ring);
    try {
      const read = 'stream' in source ? streamReader(storage, source) : await allReader(storage, source.from);
      if ('stream' in source) await refuseDeleted(storage, source.stream);
      await call.send(confirmation(randomUUID()));
      let live = false;
      let lookedAt = 0;
      while (!call.signal.aborted) {
        const events = await read();
        if (events.length === 0) {
          if (!live) await call.send(caughtUp());
          live = true;
          await bell.rung();
          await faults.mayTell(call.signal);
          continue;
        }
        const wanted = filter === undefined ? events : events.filter(filter.matches);
        const overflow = live && wanted.length > liveBuffer;
        const chosen = overflow ? wanted.slice(0, liveBuffer) : wanted;
        if (chosen.length > 0) await call.send(frameEvents(chosen));
        if (overflow) throw tooSlow();
        const last = events.at(-1);
        if (last?.revision === tombstoneRevision && 'stream' in source) {
          // The client drops what it has not yet handed out when the error comes.
          await clock.sleep(farewellMs, call.signal);
          throw streamDeleted(source.stream);
        }
        lookedAt += events.length;
        if (filter !== undefined && last !== undefined && lookedAt >= filter.checkpointEvery) {
          lookedAt %= filter.checkpointEvery;
          await call.send(checkpoint(last.position));
        }
      }
    } finally {
      stop();
    }
  };
}

type Reader = () => Promise<readonly StoredEvent[]>;

async function allReader(storage: Storage, from: bigint | 'start' | 'end'): Promise<Reader> {
  let next = from === 'start' ? 0n : from === 'end' ? await headOf(storage) : from + 1n;
  return async () => {
    const answer = await storage.readAll({ direction: 'forwards', from: next, limit: page });
    if (!answer.ok) throw new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
    const last = answer.events.at(-1);
    if (last !== undefined) next = last.position + 1n;
    return answer.events;
  };
}

async function headOf(storage: Storage): Promise<bigint> {
  const head = await storage.lastPosition();
  if (!head.ok) throw new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
  return head.position + 1n;
}

function streamReader(
  storage: Storage,
  { stream, from }: { readonly stream: string; readonly from: number | 'start' | 'end' },
): Reader {
  let next: number | undefined = from === 'start' ? 0 : from === 'end' ? undefined : from + 1;
  return async () => {
    if (next === undefined) {
      const tail = await storage.readStream(stream, { direction: 'backwards', limit: 1 });
      next = tail.ok ? (tail.events.at(-1)?.revision ?? -1) + 1 : 0;
    }
    const answer = await storage.readStream(stream, { direction: 'forwards', from: next, limit: page });
    if (!answer.ok) {
      if (answer.reason === 'stream-deleted') return tombstoneOf(storage, stream, next);
      if (answer.reason === 'stream-not-found') return [];
      throw new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
    }
    const last = answer.events.at(-1);
    if (last !== undefined) next = last.revision + 1;
    return answer.events;
  };
}

/** The end of a stream that was deleted for ever while it was followed: the stream shows it no longer, the log does. */
async function tombstoneOf(storage: Storage, stream: string, from: number): Promise<readonly StoredEvent[]> {
  const tail = await storage.readAll({ direction: 'backwards', limit: page });
  const events = tail.ok ? tail.events.filter((event) => event.stream === stream && event.revision >= from) : [];
  if (events.length === 0) throw streamDeleted(stream);
  return events.toReversed();
}

async function refuseDeleted(storage: Storage, stream: string): Promise<void> {
  const answer = await storage.readStream(stream, { direction: 'backwards', limit: 1 });
  if (!answer.ok && answer.reason === 'stream-deleted') throw streamDeleted(stream);
}

interface Bell {
  ring(): void;
  /** Resolves once it was rung since the last time, or when the call has ended. */
  rung(): Promise<void>;
}

function createBell(signal: AbortSignal): Bell {
  let ringing = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    ringing = true;
    wake?.();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    async rung() {
      if (!ringing && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      ringing = false;
    },
  };
}
