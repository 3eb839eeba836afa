/**
 * The part of the Protocol Buffers wire format that EventStoreDB's messages need. Written by hand because the generated classes
 * spend most of a server's time on copies that nobody looks at. Source: "Encoding", protobuf.dev/programming-guides/encoding.
 */

/** One field of a message: a varint as `value`, anything with a length as `bytes`. */
export interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Buffer | undefined;
}

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Splits a message into its fields. Integers above 2^53 come out rounded. @throws RangeError where the bytes are no message. */
export function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('not a protobuf message');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = next();
    const wire = tag & 7;
    const number = Math.floor(tag / 8);
    if (wire === varint) {
      fields.push({ number, value: next(), bytes: undefined });
      continue;
    }
    if (wire !== delimited && wire !== fixed64 && wire !== fixed32) throw new RangeError('not a protobuf message');
    const length = wire === delimited ? next() : wire === fixed64 ? 8 : 4;
    if (at + length > message.length) throw new RangeError('not a protobuf message');
    fields.push({ number, value: length, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** The last field with that number: what the format says of repeated scalars. */
export function fieldOf(fields: readonly Field[], number: number): Field | undefined {
  return fields.findLast((field) => field.number === number);
}

/** Bytes of a field; undefined where it is absent. */
export function bytesOf(fields: readonly Field[], number: number): Buffer | undefined {
  return fieldOf(fields, number)?.bytes;
}

/** A field as text; undefined where it is absent. */
export function textOf(fields: readonly Field[], number: number): string | undefined {
  return bytesOf(fields, number)?.toString('utf8');
}

/** The fields of a message within; undefined where it is absent. */
export function messageOf(fields: readonly Field[], number: number): readonly Field[] | undefined {
  const bytes = bytesOf(fields, number);
  return bytes === undefined ? undefined : fieldsOf(bytes);
}

/** How many bytes a non-negative integer takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes a non-negative integer and returns the offset behind it. */
export function putVarint(target: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

/** Writes the tag and the length of a field with bytes. */
export function putHeader(target: Buffer, offset: number, number: number, length: number): number {
  target[offset] = (number << 3) | delimited;
  return putVarint(target, offset + 1, length);
}

/** An integer field. */
export function integer(number: number, value: number): Buffer {
  const field = Buffer.allocUnsafe(1 + varintLength(value));
  field[0] = number << 3;
  putVarint(field, 1, value);
  return field;
}

/** A field of bytes, text or a message made of other fields; without any it is the empty message. */
export function delimitedField(number: number, ...content: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const field = Buffer.allocUnsafe(1 + varintLength(body.length) + body.length);
  body.copy(field, putHeader(field, 0, number, body.length));
  return field;
}
