import { describe, expect, it } from 'vitest';
import { eventMetadata } from '#domain/metadata.ts';
import { metadataTemplate } from '#processor/ingest/metadata-template.ts';
import { serialise } from '#processor/ingest/serialised.ts';

const texts = (data: object, n = 0) => ({
  id: `00000000-0000-4000-8000-00000000000${n}`,
  type: 'Something',
  metadata: JSON.stringify({ n }),
  data: JSON.stringify(data),
});

describe('events as JSON', () => {
  it('say the same as the texts that they were made of, whatever the language', () => {
    const data = [
      { plain: 'text' },
      { japanese: '緊急通報' },
      { emoji: '🚨'.repeat(200) },
      {},
      { accents: 'é'.repeat(999) },
    ];
    const events = serialise(data.map((each, n) => texts(each, n)));
    expect(events.map((event) => event.data)).toEqual(data);
    expect(events.map((event) => event.metadata)).toEqual(data.map((_, n) => ({ n })));
  });

  it('stand behind each other in one buffer', () => {
    const events = serialise([texts({ a: 1 }, 0), texts({ b: '漢' }, 1)]);
    const [first, second] = events.map(({ json }) => json);
    expect(second?.bytes).toBe(first?.bytes);
    expect(first?.start).toBe(0);
    expect(second?.start).toBe(first?.end);
    const decode = (from = 0, to = 0) => new TextDecoder().decode(first?.bytes.subarray(from, to));
    expect(decode(first?.start, first?.middle)).toBe('{"n":0}');
    expect(decode(second?.middle, second?.end)).toBe('{"b":"漢"}');
  });

  it('are events like any other to whoever copies them by way of JSON', () => {
    const [event] = serialise([texts({ a: 1 })]);
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      ...{ id: '00000000-0000-4000-8000-000000000000', type: 'Something' },
      ...{ metadata: { n: 0 }, data: { a: 1 } },
    });
  });

  it('are none where there are none', () => {
    expect(serialise([])).toEqual([]);
  });
});

describe('the metadata of a batch', () => {
  it('is that of every other event, with the place in the hub', () => {
    const by = { role: 'ingest', build: '1.2.3+"quoted"' };
    const now = Date.UTC(2026, 5, 1);
    const place = {
      ...{ offset: '12 "3"', sequenceNumber: 4_000_000_000, enqueuedAt: '2026-06-01T00:00:00.000Z' },
      ...{ index: 2, count: 5 },
    };
    const text = metadataTemplate(by, now, 'ns/hub@then', '7')('correlation', 'event', place);
    expect(text).toBe(
      JSON.stringify({
        ...eventMetadata(by, now, 'correlation', 'event'),
        ...{ incarnation: 'ns/hub@then', partition: '7', ...place },
      }),
    );
  });
});
