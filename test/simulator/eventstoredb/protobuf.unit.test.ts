import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { describe, expect, it } from 'vitest';
import { readProposed, readUuid } from '#simulator/eventstoredb/append-messages.ts';
import { delimitedField, fieldsOf, integer, textOf } from '#simulator/eventstoredb/protobuf.ts';
import { frameEvents } from '#simulator/eventstoredb/read-messages.ts';
import { type StoredEvent, tombstoneRevision } from '#simulator/eventstoredb/storage.ts';

const id = '0b6ec3b5-6a6c-4d0e-9c6e-4a4f5f0f6f11';

describe('the wire format', () => {
  it.each([0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER])('keeps the integer %i', (value) => {
    expect(fieldsOf(integer(3, value))).toEqual([{ number: 3, value, bytes: undefined }]);
  });

  it('keeps messages within messages', () => {
    const [outer] = fieldsOf(delimitedField(2, integer(1, 5), delimitedField(9, 'ü')));
    expect(textOf(fieldsOf(outer?.bytes ?? Buffer.alloc(0)), 9)).toBe('ü');
  });

  it.each(['80', '0a05', '0a', 'ffffffffffffffffffffffff', '0b'])('refuses %s', (hex) => {
    expect(() => fieldsOf(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });
});

const stored: StoredEvent = {
  ...{ id, type: 'Gerät', contentType: 'application/json', stream: 'strøm', revision: 300, position: 70_000n },
  ...{ created: 1_700_000_000_123, data: Buffer.from('{"a":1}'), metadata: Buffer.alloc(0) },
};

describe('an event that is sent', () => {
  const decode = (event: StoredEvent) => {
    const framed = frameEvents([event]);
    expect(framed.readUInt32BE(1)).toBe(framed.length - 5);
    return streams.ReadResp.deserializeBinary(framed.subarray(5)).getEvent();
  };

  it('is read by the generated classes as it was stored', () => {
    const event = decode(stored);
    const record = event?.getEvent();
    expect(event?.getCommitPosition()).toBe('70000');
    expect(record?.getId()?.getString()).toBe(id);
    expect(Buffer.from(record?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe('strøm');
    expect(record?.getStreamRevision()).toBe('300');
    expect([record?.getPreparePosition(), record?.getCommitPosition()]).toEqual(['70000', '70000']);
    expect(Object.fromEntries(record?.getMetadataMap().toArray() ?? [])).toEqual({
      ...{ type: 'Gerät', 'content-type': 'application/json', created: '17000000001230000' },
    });
    expect(Buffer.from(record?.getData_asU8() ?? []).toString()).toBe('{"a":1}');
    expect(record?.getCustomMetadata_asU8()).toHaveLength(0);
  });

  it('says the largest revision of a tombstone', () => {
    expect(
      decode({ ...stored, revision: tombstoneRevision })
        ?.getEvent()
        ?.getStreamRevision(),
    ).toBe('9223372036854775807');
  });
});

describe('an event that is received', () => {
  const proposed = (uuid: InstanceType<typeof shared.UUID>, labels: Readonly<Record<string, string>>) => {
    const message = new streams.AppendReq.ProposedMessage();
    message.setId(uuid);
    for (const [key, value] of Object.entries(labels)) message.getMetadataMap().set(key, value);
    message.setData(Buffer.from([1, 2]));
    message.setCustomMetadata(Buffer.from([3]));
    return Buffer.from(message.serializeBinary());
  };
  const labels = { type: 'Tested', 'content-type': 'application/octet-stream' };
  const textual = new shared.UUID();
  textual.setString(id.toUpperCase());

  it('is understood as the generated classes write it', () => {
    expect(readProposed(proposed(textual, labels))).toEqual({
      ...{ id, type: 'Tested', contentType: 'application/octet-stream' },
      ...{ data: Buffer.from([1, 2]), metadata: Buffer.from([3]) },
    });
  });

  it('may have its id in two halves, as clients of other languages send it', () => {
    const halves = new shared.UUID.Structured();
    halves.setMostSignificantBits(BigInt.asIntN(64, 0x0b6ec3b56a6c4d0en).toString());
    halves.setLeastSignificantBits(BigInt.asIntN(64, 0x9c6e4a4f5f0f6f11n).toString());
    const structured = new shared.UUID();
    structured.setStructured(halves);
    expect(readProposed(proposed(structured, labels)).id).toBe(id);
  });

  it('needs an id, a type and a content type', () => {
    expect(() => readProposed(proposed(textual, { type: 'Tested' }))).toThrow(/content-type/);
    expect(() => readProposed(proposed(textual, { 'content-type': 'application/json' }))).toThrow(/type/);
    expect(() => readUuid(undefined)).toThrow(/32 digits/);
  });
});
