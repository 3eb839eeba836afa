import { refusal } from '#simulator/eventstoredb/append.ts';
import { type AppendTarget, positionFields, readTarget } from '#simulator/eventstoredb/append-messages.ts';
import { type Call, frame } from '#simulator/eventstoredb/grpc-call.ts';
import { delimitedField, fieldsOf, messageOf } from '#simulator/eventstoredb/protobuf.ts';
import { badRequest, wrongExpectedVersion } from '#simulator/eventstoredb/rpc-error.ts';
import type { DeleteOutcome, StorageExpectation } from '#simulator/eventstoredb/storage.ts';

/** `Streams/Delete` or `Streams/Tombstone`, which differ only in what is done. */
export function createDeleteHandler(
  operation: (stream: string, expected: StorageExpectation) => Promise<DeleteOutcome>,
): (call: Call) => Promise<void> {
  return async (call) => {
    let target: AppendTarget | undefined;
    await call.receive((message) => {
      target = readTarget(messageOf(fieldsOf(message), 1) ?? []);
    });
    if (target === undefined) throw badRequest('options are missing');
    if (call.signal.aborted) return;
    const outcome = await operation(target.stream, target.expected);
    await call.send(frame(answer(outcome, target)));
  };
}

function answer(outcome: DeleteOutcome, { stream, expected }: AppendTarget): Buffer {
  if (outcome.ok) return delimitedField(1, positionFields(outcome.position));
  if (outcome.reason !== 'wrong-expected-revision') throw refusal(outcome, stream);
  const actual = outcome.actual === 'no-stream' ? -1 : outcome.actual;
  throw wrongExpectedVersion('Delete', stream, versionOf(expected), actual);
}

/** The number that stands for a rule in the server's own protocol. */
function versionOf(expected: StorageExpectation): number {
  switch (expected) {
    case 'no-stream':
      return -1;
    case 'any':
      return -2;
    case 'stream-exists':
      return -4;
    default:
      return expected;
  }
}
