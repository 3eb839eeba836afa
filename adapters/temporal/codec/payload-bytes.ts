import type { Payload } from '@temporalio/common';
import protobuf from 'protobufjs/minimal.js';

// `temporal.api.common.v1.Payload { map<string, bytes> metadata = 1; bytes data = 2; }`, as the vendor's own codec samples put it into the box.
const metadataTag = 10;
const dataTag = 18;
const keyTag = 10;
const valueTag = 18;

/** @throws when the payload refers to data that is kept elsewhere: that would be lost */
export function payloadToBytes({ metadata, data, externalPayloads }: Payload): Uint8Array {
  if ((externalPayloads?.length ?? 0) > 0) throw new TypeError('a payload in external storage cannot be encrypted');
  const writer = protobuf.Writer.create();
  for (const [key, value] of Object.entries(metadata ?? {}))
    writer.uint32(metadataTag).fork().uint32(keyTag).string(key).uint32(valueTag).bytes(value).ldelim();
  if (data != null) writer.uint32(dataTag).bytes(data);
  return writer.finish();
}

/** Fields that it does not know are left out. @throws when the bytes are no payload */
export function payloadFromBytes(bytes: Uint8Array): Payload {
  const reader = protobuf.Reader.create(bytes);
  const metadata: Record<string, Uint8Array> = {};
  let data: Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === metadataTag) {
      const [key, value] = entryFrom(reader, reader.uint32());
      Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true });
    } else if (tag === dataTag) data = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return data === undefined ? { metadata } : { metadata, data };
}

function entryFrom(reader: protobuf.Reader, length: number): readonly [string, Uint8Array] {
  const end = reader.pos + length;
  let key = '';
  let value: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === keyTag) key = reader.string();
    else if (tag === valueTag) value = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return [key, value];
}
