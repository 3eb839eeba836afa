/**
 * The partition for a partition key, as the service and the vendors' clients compute it: Bob Jenkins' lookup3 hash of
 * the key's UTF-8 bytes, both halves folded to 16 bits (the JavaScript client's `partitionKeyToIdMapper`).
 * @param count number of partitions, at least 1
 */
export function partitionForKey(key: string, count: number): number {
  const [b, c] = lookup3(Buffer.from(key, 'utf8'));
  return Math.abs((((b ^ c) << 16) >> 16) % count);
}

function lookup3(data: Buffer): [number, number] {
  let a = (0xdeadbeef + data.length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  while (data.length - at > 12) {
    a = (a + word(data, at)) | 0;
    b = (b + word(data, at + 4)) | 0;
    c = (c + word(data, at + 8)) | 0;
    [a, b, c] = mix(a, b, c);
    at += 12;
  }
  if (data.length === at) return [b, c];
  a = (a + word(data, at)) | 0;
  b = (b + word(data, at + 4)) | 0;
  c = (c + word(data, at + 8)) | 0;
  return final(a, b, c);
}

/** Four bytes, little endian; bytes past the end count as zero. */
function word(data: Buffer, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24);
}

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

function mix(a: number, b: number, c: number): [number, number, number] {
  a = (a - c) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 4);
  b = (b + a) | 0;
  return [a, b, c];
}

function final(a: number, b: number, c: number): [number, number] {
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return [b, c];
}
