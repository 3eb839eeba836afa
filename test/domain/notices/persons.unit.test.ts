import { describe, expect, it } from 'vitest';
import { callerKeyOf, callerKeysOf } from '#domain/notices/persons.ts';

const person = {
  objectId: '7A0E0000-0000-4000-8000-000000000001',
  upn: 'Ana.Petrova@contoso.example',
  number: 'tel:+14255550142;phone-context=x',
  name: 'Ana  Ｐetrova',
};

describe('the key of a caller who is looked for', () => {
  it.each([
    ['7a0e0000-0000-4000-8000-000000000001', 'oid:7a0e0000-0000-4000-8000-000000000001'],
    [' ANA.petrova@Contoso.example ', 'upn:ana.petrova@contoso.example'],
    ['+1 (425) 555-0142', 'number:14255550142'],
    ['tel:+14255550142', 'number:14255550142'],
    ['ana petrova', 'name:ana petrova'],
    ['ANA \u200b PETROVA', 'name:ana petrova'],
  ])('of %j is one that the events of that caller have', (text, key) => {
    expect(callerKeyOf(text)).toBe(key);
    expect(callerKeysOf(person)).toContain(key);
  });

  it('is a name where it looks like nothing else, and nothing where nothing is seen', () => {
    expect(['42', 'Room 4711', '+', 'Line 1'].map(callerKeyOf)).toEqual([
      'name:42',
      'name:room 4711',
      'name:+',
      'name:line 1',
    ]);
    expect(['', ' \u200b ', '\n'].map(callerKeyOf)).toEqual([undefined, undefined, undefined]);
  });
});
