import {
  type AppendTarget,
  readProposed,
  readTarget,
  successFields,
  wrongVersionFields,
} from '#simulator/eventstoredb/append-messages.ts';
import { type Call, frame } from '#simulator/eventstoredb/grpc-call.ts';
import { bytesOf, delimitedField, fieldsOf } from '#simulator/eventstoredb/protobuf.ts';
import {
  badRequest,
  grpcCode,
  maxAppendSizeExceeded,
  RpcError,
  streamDeleted,
} from '#simulator/eventstoredb/rpc-error.ts';
import type { AppendOutcome, EventToStore, Storage } from '#simulator/eventstoredb/storage.ts';

/** `Streams/Append`: one call per append, its events one message each. @param limit bytes of data that one append may hold */
export function createAppendHandler(storage: Storage, limit: number): (call: Call) => Promise<void> {
  return async (call) => {
    let target: AppendTarget | undefined;
    const events: EventToStore[] = [];
    let size = 0;
    await call.receive((message) => {
      const fields = fieldsOf(message);
      const options = bytesOf(fields, 1);
      if (options !== undefined) target = readTarget(fieldsOf(options));
      const proposed = bytesOf(fields, 2);
      if (proposed === undefined) return;
      const event = readProposed(proposed);
      size += event.data.length;
      if (size > limit) throw maxAppendSizeExceeded(limit);
      events.push(event);
    });
    if (target === undefined) throw badRequest('options are missing');
    if (call.signal.aborted) return;
    const outcome = await storage.append(target.stream, target.expected, events);
    await call.send(frame(answer(outcome, target)));
  };
}

function answer(outcome: AppendOutcome, { stream, expected }: AppendTarget): Buffer {
  if (outcome.ok) return delimitedField(1, successFields(outcome.revision, outcome.position));
  if (outcome.reason === 'wrong-expected-revision') {
    return delimitedField(2, wrongVersionFields(expected, outcome.actual, 5));
  }
  throw refusal(outcome, stream);
}

/** The error that ends a call for an outcome that has no answer of its own. */
export function refusal(
  outcome: Exclude<AppendOutcome, { ok: true } | { reason: 'wrong-expected-revision' }>,
  stream: string,
): RpcError {
  switch (outcome.reason) {
    case 'stream-deleted':
      return streamDeleted(stream);
    case 'too-large':
      return maxAppendSizeExceeded(outcome.limit);
    case 'invalid':
      return badRequest(outcome.detail);
    case 'unknown-outcome':
      return new RpcError(grpcCode.aborted, 'Operation timed out: commit timeout');
    case 'unavailable':
      return new RpcError(grpcCode.unavailable, 'Server Is Too Busy');
  }
}
