import { describe, expect, it } from 'vitest';
import { areSeveral, noticesOf, type SeenNotice, subjectsOf } from '#domain/erasure/person.ts';

const notice = (id: string, tokens: readonly string[], more: Partial<SeenNotice> = {}): SeenNotice => ({
  ...{ id, emergencyId: 'e', tokens, person: {}, tenants: ['t'] },
  ...more,
});

describe('the notices of one call', () => {
  it('are about one person where they share a name of any kind, over however many steps', () => {
    const chat = notice('chat', ['oid-ana', 'name-ana']);
    const events = notice('events', ['upn-ana', 'name-ana']);
    const number = notice('number', ['number-ana', 'upn-ana']);
    const other = notice('other', ['oid-juergen', 'name-juergen']);
    const call = [number, other, chat, events];
    expect(noticesOf(call, new Set(['oid-ana']))).toEqual([number, chat, events]);
    expect(noticesOf(call, new Set(['oid-juergen']))).toEqual([other]);
    expect(noticesOf(call, new Set(['oid-nobody']))).toEqual([]);
  });

  it('count as that person’s where they name nobody', () => {
    const unread = notice('unread', []);
    expect(noticesOf([unread, notice('a', ['oid-ana'])], new Set(['oid-ana']))).toHaveLength(2);
    expect(noticesOf([unread], new Set(['oid-ana']))).toEqual([]);
  });
});

describe('calls from one number', () => {
  const of = (objectId?: string, upn?: string) => [
    notice('x', [], { person: { ...(objectId && { objectId }), ...(upn && { upn }) } }),
  ];
  it('are of several people where their ids are not the same', () => {
    expect(areSeveral([of('ana'), of('juergen')])).toBe(true);
    expect(areSeveral([of('ana'), of(), of('ana')])).toBe(false);
    expect(areSeveral([of('ana'), of(undefined, 'ana@x.example'), of('ana', 'ana@x.example')])).toBe(false);
    expect(areSeveral([])).toBe(false);
  });
});

describe('the subjects of a person', () => {
  it('are every name with every tenant, chats that name the person, and the notices that named nobody', () => {
    const seen = [
      notice('n1', [], { tenants: ['T1', 'guest'], chat: 'chat:t1/19:ana_juergen@unq.gbl.spaces' }),
      notice('n2', [], { chat: 'chat:t/19:abc@thread.v2' }),
    ];
    expect(subjectsOf(['oid:ana', 'upn:ana@x.example', 'number:14255550123'], seen, ['own'])).toEqual([
      'chat:t1/19:ana_juergen@unq.gbl.spaces',
      'emergency:n1',
      'emergency:n2',
      'number:14255550123',
      'upn:ana@x.example',
      'user:guest/ana',
      'user:own/ana',
      'user:t/ana',
      'user:t1/ana',
    ]);
  });
});
