import {
  type AppendTarget,
  isFinal,
  readProposed,
  readTarget,
  successFields,
  wrongVersionFields,
} from '#simulator/eventstoredb/append-messages.ts';
import { type Call, frame } from '#simulator/eventstoredb/grpc-call.ts';
import { bytesOf, delimitedField, fieldsOf, integer } from '#simulator/eventstoredb/protobuf.ts';
import { RpcError } from '#simulator/eventstoredb/rpc-error.ts';
import type { AppendOutcome, EventToStore, Storage } from '#simulator/eventstoredb/storage.ts';

interface Pending {
  readonly target: AppendTarget;
  readonly events: EventToStore[];
  size: number;
}

/**
 * `Streams/BatchAppend`: all appends of a client over one call, told apart by correlation id; an append may come in several messages.
 * Answers are given in the order in which appends end. @param limit bytes that one append may hold
 */
export function createBatchAppendHandler(storage: Storage, limit: number): (call: Call) => Promise<void> {
  return async (call) => {
    const pending = new Map<string, Pending>();
    const running = new Set<Promise<void>>();
    await call.receive((message) => {
      const fields = fieldsOf(message);
      const correlation = bytesOf(fields, 1) ?? Buffer.alloc(0);
      const key = correlation.toString('latin1');
      const options = bytesOf(fields, 2);
      const reply = (content: Buffer, stream: string) =>
        call.send(
          frame(Buffer.concat([delimitedField(1, correlation), content, delimitedField(4, delimitedField(3, stream))])),
        );
      const run = (work: Promise<void>) => {
        const tracked = work.catch(() => undefined).then(() => void running.delete(tracked));
        running.add(tracked);
      };
      if (options !== undefined) pending.set(key, { target: readTarget(fieldsOf(options)), events: [], size: 0 });
      const append = pending.get(key);
      if (append === undefined) return;
      try {
        for (const { number, bytes } of fields) {
          if (number !== 3 || bytes === undefined) continue;
          const event = readProposed(bytes);
          append.size += event.data.length;
          append.events.push(event);
        }
      } catch (error) {
        pending.delete(key);
        const detail = error instanceof Error ? error.message : 'bad request';
        run(reply(statusOf({ ok: false, reason: 'invalid', detail }, append.target), append.target.stream));
        return;
      }
      if (append.size > limit) {
        pending.delete(key);
        run(reply(statusOf({ ok: false, reason: 'too-large', limit }, append.target), append.target.stream));
        return;
      }
      if (!isFinal(fields)) return;
      pending.delete(key);
      run(
        storage
          .append(append.target.stream, append.target.expected, append.events)
          .then((outcome) => reply(statusOf(outcome, append.target), append.target.stream)),
      );
    });
    await Promise.all(running);
  };
}

/** An answer's success (field 3) or error (field 2, a `google.rpc.Status` with a detail packed by type name). */
function statusOf(outcome: AppendOutcome, { stream, expected }: AppendTarget): Buffer {
  if (outcome.ok) return delimitedField(3, successFields(outcome.revision, outcome.position));
  switch (outcome.reason) {
    case 'wrong-expected-revision':
      return status(6, 'WrongExpectedVersion', 'WrongExpectedVersion', wrongVersionFields(expected, outcome.actual, 0));
    case 'stream-deleted':
      return status(5, 'StreamDeleted', 'StreamDeleted', delimitedField(1, delimitedField(3, stream)));
    case 'too-large':
      return status(3, 'MaximumAppendSizeExceeded', 'MaximumAppendSizeExceeded', integer(1, outcome.limit));
    case 'invalid':
      return status(3, 'BadRequest', 'BadRequest', delimitedField(1, outcome.detail));
    case 'unknown-outcome':
      return status(4, 'Timeout', 'Timeout', Buffer.alloc(0));
    case 'unavailable':
      return status(14, 'Server Is Busy', 'Empty', Buffer.alloc(0));
  }
}

function status(code: number, message: string, type: string, detail: Buffer): Buffer {
  const packed = [delimitedField(1, `type.googleapis.com/event_store.client.${type}`), delimitedField(2, detail)];
  return delimitedField(2, integer(1, code), delimitedField(2, message), delimitedField(3, ...packed));
}

/** What a batch append gets in a server's first second: an answer that the vendor's client does not recognise. */
export function createNotReadyBatchHandler(): (call: Call) => Promise<void> {
  return async (call) => {
    const answers: Promise<void>[] = [];
    await call.receive((message) => {
      const fields = fieldsOf(message);
      const correlation = bytesOf(fields, 1);
      if (correlation === undefined || !isFinal(fields)) throw new RpcError(14, 'Server Is Not Ready');
      const content = [
        delimitedField(1, correlation),
        status(14, 'Server Is Not Ready', 'Empty', Buffer.alloc(0)),
        delimitedField(4),
      ];
      answers.push(call.send(frame(Buffer.concat(content))));
    });
    await Promise.all(answers);
  };
}
