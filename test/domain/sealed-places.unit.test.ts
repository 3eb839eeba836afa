import { describe, expect, it } from 'vitest';
import { valuesInPlace } from '#domain/sealed-places.ts';
import type { Json, JsonObject } from '#kernel/json.ts';

const sealed = (of: string, as = 'string') => ({ $sealed: 1, key: 'k', of, as, box: `box of ${of}` });
const closed = (as = 'string') => ({ $sealed: 1, key: 'k', of: '', as, box: '' });

/** What became of a value below `call.caller.name` of an event `e` whose call names the notice `n`. */
function nameSealedFor(of: string, more: JsonObject = { noticeId: 'n' }): Json | undefined {
  const data = { call: { ...more, caller: { name: sealed(of) } } };
  const call = valuesInPlace({ id: 'e', data }).data.call as unknown as { caller: { name: JsonObject } };
  return call.caller.name['box'];
}

describe('a sealed value in an event', () => {
  it('stays where it was sealed for that place of that event', () => {
    const event = {
      ...{ id: 'e', type: 'T' },
      data: { by: sealed('e#/by'), data: { 'a/b~c': [1, sealed('e#/data/a~1b~0c/1')] }, none: null },
    };
    expect(valuesInPlace(event)).toBe(event);
  });

  it('stays as a copy of what the notice says that its call names', () => {
    expect(nameSealedFor('n#/data/call/caller/name')).not.toBe('');
  });

  it.each([
    ['another event', 'other#/call/caller/name'],
    ['another notice', 'other#/data/call/caller/name'],
    ['another field of the notice', 'n#/data/call/location/street'],
    ['another place of the notice with a field of the same name', 'n#/data/call/name'],
    ['another field of the event', 'e#/by'],
    ['nothing', ''],
  ])('is closed for good where it was sealed for %s', (_, of) => {
    expect(nameSealedFor(of)).toBe('');
  });

  it('is closed where its notice is not named, or by what is no name', () => {
    expect(nameSealedFor('n#/data/call/caller/name', {})).toBe('');
    expect(nameSealedFor('1#/data/call/caller/name', { noticeId: 1 })).toBe('');
  });

  it('is closed outside of the call, whatever notice that names', () => {
    const data = { call: { noticeId: 'n' }, by: sealed('n#/data/by'), callee: { name: sealed('n#/data/callee/name') } };
    expect(valuesInPlace({ id: 'e', data }).data).toEqual({ ...data, by: closed(), callee: { name: closed() } });
  });

  it('is closed alone: what stands beside it stays, and so does the event itself', () => {
    const event = {
      id: 'e',
      data: { by: sealed('e#/by'), list: [sealed('e#/list/0', 'number'), sealed('e#/list/0', 'number')], at: 'now' },
    };
    const before = structuredClone(event);
    expect(valuesInPlace(event)).toEqual({
      id: 'e',
      data: { by: sealed('e#/by'), list: [sealed('e#/list/0', 'number'), closed('number')], at: 'now' },
    });
    expect(event).toEqual(before);
  });

  it('changes no prototype and breaks over no shape that somebody wrote into the log', () => {
    const odd = (text: string) => JSON.stringify(valuesInPlace({ id: 'e', data: JSON.parse(text) as JsonObject }).data);
    expect(odd('{"__proto__":{"$sealed":1,"of":"x"}}')).toBe('{"__proto__":{"$sealed":1,"of":"","box":""}}');
    expect({}).not.toHaveProperty('box');
    expect(odd('{"call":[null,{"$sealed":1}],"x":{"$sealed":2}}')).toBe(
      '{"call":[null,{"$sealed":1,"of":"","box":""}],"x":{"$sealed":2}}',
    );
    expect(odd('{"$sealed":1,"of":"e#","box":"b"}')).toBe('{"$sealed":1,"of":"e#","box":"b"}');
  });
});
