import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import { cutData, maxEventBytes, smallerEvents, textOfCut } from '#processor/ingest/fit.ts';

const sealed = (length: number) => ({ $sealed: 1, key: 'k', of: 'x#/y', as: 'string', box: 'b'.repeat(length) });
const call = {
  emergencyId: '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10',
  reasons: ['known-phrase'],
  callerTokens: ['t'.repeat(43)],
};

describe('what stays of an event that is too large', () => {
  it('is all but its content, where that is enough', () => {
    const data = { content: sealed(1_000_000), reference: sealed(100_000), call };
    expect(cutData(data)).toEqual({ data: { reference: data.reference, call }, members: ['content'] });
  });

  it('is all that is short, where the content was not what made it so', () => {
    const data: JsonObject = {
      ...{ content: sealed(10), reference: sealed(1_200_000), quarantine: { day: 'd', box: 'q'.repeat(87_000) } },
      call: { ...call, text: sealed(20_000), caller: { name: sealed(60) } },
    };
    const cut = cutData(data);
    expect(cut.members).toEqual(['content', 'reference', 'quarantine', 'call/text']);
    expect(cut.data).toEqual({ call: { ...call, caller: { name: sealed(60) } } });
  });

  it('fits, whatever it consists of', () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`m${n}`, sealed(1500)]));
    const cut = cutData({ ...many, call });
    expect(JSON.stringify(cut.data).length).toBeLessThan(maxEventBytes);
    expect(cut.data).toEqual({ call });
  });

  it('is committed to by what stood there in the clear', () => {
    const plain = { content: 'C', reference: { resource: 'R' }, call: { text: 'T' } };
    expect(textOfCut(plain, { data: {}, members: ['content'] })).toBe('"C"');
    expect(JSON.parse(textOfCut(plain, { data: {}, members: ['reference', 'call/text', 'nowhere'] }))).toEqual([
      ...[
        ['reference', { resource: 'R' }],
        ['call/text', 'T'],
        ['nowhere', null],
      ],
    ]);
  });

  it('becomes less each time that the log refuses it, and never loses the call', () => {
    const data = {
      data: { kind: 'k', content: sealed(5000), call: { ...call, text: sealed(300), caller: { name: sealed(80) } } },
    };
    const smaller = [...smallerEvents({ id: 'i', type: 't', data, metadata: { m: 1 } })];
    expect(smaller.map((each) => (each.data['data'] as JsonObject)['cutToStore'])).toMatchObject([
      { members: ['content'] },
      { members: ['content', 'call/text'] },
      { members: ['content', 'call/text', 'call/caller/name'] },
    ]);
    for (const each of smaller)
      expect(each).toMatchObject({ id: 'i', type: 't', metadata: { m: 1 }, data: { data: { call } } });
  });
});
