import { describe, expect, it } from 'vitest';
import {
  firstReadable,
  oldestReadable,
  retentionOf,
  softDeleteMetadata,
  truncatedForEver,
  withTruncateBefore,
} from '#adapters/sqlite/retention.ts';

const nothing = { truncateBefore: undefined, maxCount: undefined, maxAge: undefined };

describe('retention', () => {
  it('reads what limits a stream from its metadata', () => {
    expect(retentionOf('{"$tb":3,"$maxCount":5,"$maxAge":60,"own":1}')).toEqual({
      ...{ truncateBefore: 3, maxCount: 5, maxAge: 60 },
    });
  });

  it.each(['', '{', '[]', 'null', '{"$tb":"3","$maxCount":0,"$maxAge":-1}', '{"$tb":-1,"$maxCount":null}'])(
    'takes %j for no limit',
    (text) => {
      expect(retentionOf(text)).toEqual(nothing);
    },
  );

  it('knows a soft delete', () => {
    expect(retentionOf(softDeleteMetadata).truncateBefore).toBe(truncatedForEver);
  });

  it('begins reading behind whatever cuts most', () => {
    expect(firstReadable('s', 9, nothing)).toBe(0);
    expect(firstReadable('s', 9, { ...nothing, truncateBefore: 4 })).toBe(4);
    expect(firstReadable('s', 9, { ...nothing, truncateBefore: 4, maxCount: 2 })).toBe(8);
    expect(firstReadable('s', 9, { ...nothing, maxCount: 100 })).toBe(0);
  });

  it('shows the last event of a stream of metadata', () => {
    expect(firstReadable('$$s', 9, nothing)).toBe(9);
  });

  it('counts age in seconds', () => {
    expect(oldestReadable({ ...nothing, maxAge: 60 }, 100_000)).toBe(40_000);
    expect(oldestReadable(nothing, 100_000)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('keeps other metadata when a stream is written again', () => {
    expect(JSON.parse(withTruncateBefore('{"$tb":9223372036854775807,"own":[1]}', 7))).toEqual({ $tb: 7, own: [1] });
    expect(JSON.parse(withTruncateBefore('no JSON', 7))).toEqual({ $tb: 7 });
  });
});
