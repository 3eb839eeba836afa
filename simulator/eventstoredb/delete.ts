import { refusal } from '#simulator/eventstoredb/append.ts';
import { positionFields, readTarget } from '#simulator/eventstoredb/append-messages.ts';
import { type Call, frame } from '#simulator/eventstoredb/grpc-call.ts';
import { delimitedField, fieldsOf, messageOf } from '#simulator/eventstoredb/protobuf.ts';
import { wrongExpectedVersion } from '#simulator/eventstoredb/rpc-error.ts';
import type { DeleteOutcome, StorageExpectation } from '#simulator/eventstoredb/storage.ts';

/** `Streams/Delete` or `Streams/Tombstone`, which differ only in what is done. */
export function createDeleteHandler(
  operation: (stream: string, expected: StorageExpectation) => Promise<DeleteOutcome>,
): (call: Call) => Promise<void> {
  return async (call) => {
    let answer: Promise<Buffer> | undefined;
    await call.receive((message) => {
      const { stream, expected } = readTarget(messageOf(fieldsOf(message), 1) ?? []);
      answer = operation(stream, expected).then((outcome) => {
        if (outcome.ok) return delimitedField(1, positionFields(outcome.position));
        if (outcome.reason !== 'wrong-expected-revision') throw refusal(outcome, stream);
        const actual = outcome.actual === 'no-stream' ? -1 : outcome.actual;
        throw wrongExpectedVersion('Delete', stream, versionOf(expected), actual);
      });
    });
    if (answer !== undefined) await call.send(frame(await answer));
  };
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
