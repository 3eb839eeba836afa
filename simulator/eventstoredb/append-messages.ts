import {
  bytesOf,
  delimitedField,
  type Field,
  fieldOf,
  fieldsOf,
  integer,
  messageOf,
  textOf,
} from '#simulator/eventstoredb/protobuf.ts';
import { badRequest, grpcCode, missingProperty, RpcError } from '#simulator/eventstoredb/rpc-error.ts';
import type { EventToStore, StorageExpectation } from '#simulator/eventstoredb/storage.ts';

/** Field numbers are those of `streams.proto` and `shared.proto`, as the vendor's client ships them in `generated/`. */

/** A stream, and where it is expected to be. */
export interface AppendTarget {
  readonly stream: string;
  readonly expected: StorageExpectation;
}

/** Where to append or what to delete: the options of Append, BatchAppend, Delete and Tombstone have the same shape. */
export function readTarget(options: readonly Field[]): AppendTarget {
  const identifier = messageOf(options, 1);
  const stream = identifier === undefined ? '' : (textOf(identifier, 3) ?? '');
  for (const { number, value } of options) {
    if (number === 2) return { stream, expected: value };
    if (number === 3) return { stream, expected: 'no-stream' };
    if (number === 4) return { stream, expected: 'any' };
    if (number === 5) return { stream, expected: 'stream-exists' };
  }
  throw new RpcError(grpcCode.invalidArgument, 'expected revision is missing');
}

/** An event of Append or BatchAppend. */
export function readProposed(message: Buffer): EventToStore {
  const fields = fieldsOf(message);
  let type: string | undefined;
  let contentType: string | undefined;
  for (const { number, bytes } of fields) {
    if (number !== 2 || bytes === undefined) continue;
    const entry = fieldsOf(bytes);
    const key = textOf(entry, 1);
    if (key === 'type') type = textOf(entry, 2) ?? '';
    else if (key === 'content-type') contentType = textOf(entry, 2);
  }
  if (type === undefined) throw missingProperty('type');
  if (contentType === undefined) throw missingProperty('content-type');
  return {
    id: readUuid(messageOf(fields, 1)),
    type,
    contentType: contentType === 'application/json' ? 'application/json' : 'application/octet-stream',
    data: bytesOf(fields, 4) ?? none,
    metadata: bytesOf(fields, 3) ?? none,
  };
}

const none: Uint8Array = new Uint8Array();
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @throws RpcError for anything that is no UUID */
export function readUuid(uuid: readonly Field[] | undefined): string {
  const structured = uuid === undefined ? undefined : bytesOf(uuid, 1);
  if (structured !== undefined) return structuredUuid(structured);
  const text = uuid === undefined ? undefined : textOf(uuid, 2);
  if (text === undefined || !uuidPattern.test(text)) throw badRequest('Guid should contain 32 digits with 4 dashes');
  return text.toLowerCase();
}

/** Two 64-bit halves, the form in which clients of other languages send ids. */
function structuredUuid(message: Buffer): string {
  const halves = [0n, 0n];
  let at = 0;
  while (at < message.length) {
    const half = (message[at++] ?? 0) >> 3;
    let value = 0n;
    for (let shift = 0n; at < message.length; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (half === 1 || half === 2) halves[half - 1] = BigInt.asUintN(64, value);
  }
  const hex = halves.map((half) => half.toString(16).padStart(16, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Commit and prepare position as fields 1 and 2; the simulated log has one number for both. */
export function positionFields(position: bigint): Buffer {
  return Buffer.concat([integer(1, Number(position)), integer(2, Number(position))]);
}

/** The content of a success, which Append and BatchAppend share. @param revision -1 where there is no stream */
export function successFields(revision: number, position: bigint | undefined): Buffer {
  return Buffer.concat([
    revision < 0 ? delimitedField(2) : integer(1, revision),
    position === undefined ? delimitedField(4) : delimitedField(3, positionFields(position)),
  ]);
}

/** The content of a wrong expected version; in Append's answer the numbers begin five higher than in the error detail of BatchAppend. */
export function wrongVersionFields(expected: StorageExpectation, actual: number | 'no-stream', offset: 0 | 5): Buffer {
  const rules = { any: 4, 'stream-exists': 5, 'no-stream': 6 } as const;
  return Buffer.concat([
    actual === 'no-stream' ? delimitedField(2 + offset) : integer(1 + offset, actual),
    typeof expected === 'number' ? integer(3 + offset, expected) : delimitedField(rules[expected] + offset),
  ]);
}

/** True for the last message of a batch append. */
export function isFinal(fields: readonly Field[]): boolean {
  return fieldOf(fields, 4)?.value === 1;
}
