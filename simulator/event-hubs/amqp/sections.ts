/** Bytes that are not a message in the sense of AMQP 1.0 part 3. */
export class MalformedMessage extends Error {
  override name = 'MalformedMessage';
}

/** One section of an encoded message: descriptor code and where its value lies. */
export interface Section {
  readonly code: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/** Descriptor codes of message sections (AMQP 1.0 part 3 section 3.2). */
export const sectionCode = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  data: 0x75,
} as const;

// Width of a value by the upper half of its type code (AMQP 1.0 part 1 section 1.2, subcategories of fixed width).
const fixedWidth: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/** Where the value that begins at `at` (with its type code) ends. */
export function valueEnd(buffer: Buffer, at: number): number {
  const code = buffer[at];
  if (code === undefined) throw new MalformedMessage('a value is missing');
  if (code === 0) return valueEnd(buffer, valueEnd(buffer, at + 1));
  const category = code >>> 4;
  const width = fixedWidth[category];
  const size = width ?? (category % 2 === 0 ? 1 + (buffer[at + 1] ?? 0) : 4 + uint32(buffer, at + 1));
  const end = at + 1 + size;
  if (category < 4 || end > buffer.length) throw new MalformedMessage('a value runs past the end of its message');
  return end;
}

/** Splits an encoded message into its sections without decoding them. */
export function splitSections(buffer: Buffer): Section[] {
  const sections: Section[] = [];
  let at = 0;
  while (at < buffer.length) {
    if (buffer[at] !== 0) throw new MalformedMessage('a section without a descriptor');
    const code = descriptor(buffer, at + 1);
    const value = valueEnd(buffer, at + 1);
    const end = valueEnd(buffer, value);
    sections.push({ code, start: at, value, end });
    at = end;
  }
  return sections;
}

/** The bytes of a binary value (vbin8 or vbin32), such as the body of a data section. */
export function binaryAt(buffer: Buffer, at: number): Buffer {
  if (buffer[at] === 0xa0) return buffer.subarray(at + 2, at + 2 + (buffer[at + 1] ?? 0));
  if (buffer[at] === 0xb0) return buffer.subarray(at + 5, at + 5 + uint32(buffer, at + 1));
  throw new MalformedMessage('a data section does not hold binary data');
}

/** Entries of an annotations map: key text and the raw bytes of key and value. */
export function* annotations(buffer: Buffer, at: number): Generator<{ key: string; raw: Buffer; value: number }> {
  const wide = buffer[at] === 0xd1;
  if (!wide && buffer[at] !== 0xc1) {
    if (buffer[at] === 0x40) return;
    throw new MalformedMessage('annotations are not a map');
  }
  const end = valueEnd(buffer, at);
  let position = at + (wide ? 9 : 3);
  while (position < end) {
    const value = valueEnd(buffer, position);
    const next = valueEnd(buffer, value);
    yield { key: textAt(buffer, position) ?? '', raw: buffer.subarray(position, next), value };
    position = next;
  }
}

/** Text of a string or symbol; undefined for a value of another type. */
export function textAt(buffer: Buffer, at: number): string | undefined {
  const code = buffer[at];
  if (code === 0xa1 || code === 0xa3) return buffer.toString('utf8', at + 2, at + 2 + (buffer[at + 1] ?? 0));
  if (code === 0xb1 || code === 0xb3) return buffer.toString('utf8', at + 5, at + 5 + uint32(buffer, at + 1));
  return undefined;
}

function descriptor(buffer: Buffer, at: number): number {
  if (buffer[at] === 0x53) return buffer[at + 1] ?? 0;
  if (buffer[at] === 0x80) return uint32(buffer, at + 5);
  throw new MalformedMessage('a section whose descriptor is not a number');
}

function uint32(buffer: Buffer, at: number): number {
  if (at + 4 > buffer.length) throw new MalformedMessage('a length is cut off');
  return buffer.readUInt32BE(at);
}
