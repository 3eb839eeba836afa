import { describe, expect, it } from 'vitest';
import { holdsPersons, lookKey } from '#domain/access/events.ts';
import { hideSealed } from '#domain/access/hide.ts';
import { localPerson } from '#domain/access/person.ts';

const sealed = (as: 'string' | 'number' | 'json') => ({ $sealed: 1, key: 'k', of: 'e#/x', as, box: 'secret-box' });

describe('what is hidden', () => {
  it('is every sealed value, however deep, and nothing else', () => {
    const document = {
      name: sealed('string'),
      latitude: sealed('number'),
      person: sealed('json'),
      list: [sealed('string'), { inner: sealed('string'), kept: 7 }, sealed('number')],
      kept: { text: 'x', none: null, no: false },
    };
    expect(hideSealed(document)).toEqual({
      name: '[hidden]',
      list: ['[hidden]', { inner: '[hidden]', kept: 7 }, null],
      kept: { text: 'x', none: null, no: false },
    });
    expect(JSON.stringify(hideSealed(document))).not.toContain('box');
  });

  it('leaves other values as they are, and is no way to alter an object', () => {
    expect(hideSealed('x')).toBe('x');
    expect(hideSealed(sealed('json'))).toBeNull();
    const made = hideSealed(JSON.parse('{"__proto__":{"admin":true},"a":1}')) as Record<string, unknown>;
    expect(made['admin']).toBeUndefined();
    expect(Object.keys(made)).toEqual(['__proto__', 'a']);
  });
});

describe('looks', () => {
  const person = localPerson('root');
  it('are one for the same person at the same thing, whatever the way', () => {
    const at = (over: 'desk' | 'cli', emergency: string) => lookKey({ kind: 'emergency', person, over, emergency });
    expect(at('desk', 'a')).toBe(at('cli', 'a'));
    expect(at('desk', 'a')).not.toBe(at('desk', 'b'));
    expect(lookKey({ kind: 'emergency', person: localPerson('other'), over: 'desk', emergency: 'a' })).not.toBe(
      at('desk', 'a'),
    );
    const taken = (filter: Record<string, string>) => lookKey({ kind: 'export', person, over: 'api', filter });
    expect(taken({ stream: 'a', type: 'b' })).toBe(taken({ type: 'b', stream: 'a' }));
    expect(taken({ stream: 'a' })).not.toBe(taken({ type: 'a' }));
    const sought = (callerToken: string) => lookKey({ kind: 'search', person, over: 'desk', callerToken });
    expect(sought('a')).toBe(sought('a'));
    expect(sought('a')).not.toBe(sought('b'));
    expect(lookKey({ kind: 'session-ended', person })).toBeUndefined();
  });

  it('concern streams that hold persons', () => {
    expect(['emergency-1', 'inbox-x-1', 'access', 'subject-1'].map(holdsPersons)).toEqual([true, true, true, true]);
    expect(['watch-chat', 'triage', 'credential-chat', 'keys', 'accessory'].map(holdsPersons)).not.toContain(true);
  });
});
