import { describe, expect, it } from 'vitest';
import { packJson, payloadOf } from '#adapters/sqlite/packing.ts';
import { serialise } from '#processor/ingest/serialised.ts';

describe('events that were serialised before', () => {
  const textsOf = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      id: `0000000${n}-0000-4000-8000-00000000000A`,
      type: name,
      metadata: JSON.stringify({ of: name, n }),
      data: JSON.stringify({ text: `${name} ${'ä'.repeat(n)}` }),
    }));
  const read = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

  it('are packed in their order, whichever buffers they stand in', () => {
    const [first, second] = [textsOf('first', 3), textsOf('second', 2)];
    const some = [...serialise(first).slice(1), ...serialise(second), ...serialise(first).slice(0, 1)];
    const expected = [...first.slice(1), ...second, ...first.slice(0, 1)];
    const packed = packJson(some);
    if (packed === undefined) throw new Error('they were not packed');
    const payloads = expected.map((_, i) => payloadOf(packed, i));
    expect(payloads.map(({ metadata }) => read(metadata))).toEqual(expected.map(({ metadata }) => metadata));
    expect(payloads.map(({ data }) => read(data))).toEqual(expected.map(({ data }) => data));
    expect(packed.types).toEqual(['first', 'first', 'second', 'second', 'first']);
    expect(packed.ids).toEqual(expected.map(({ id }) => id.toLowerCase()));
    expect(packed.dataBytes).toBe(expected.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0));
  });

  it('are not taken from the caller, who may append them again', () => {
    const events = serialise(textsOf('first', 2));
    const packed = packJson(events);
    packed?.bytes.fill(0);
    expect(events.map(({ data }) => data)).toEqual([{ text: 'first ' }, { text: 'first ä' }]);
  });

  it('are not packed where one of them was not serialised', () => {
    const plain = { id: '00000000-0000-4000-8000-00000000000A', type: 'first', data: {}, metadata: {} };
    expect(packJson([...serialise(textsOf('first', 1)), plain])).toBeUndefined();
  });
});
