import { describe, expect, it } from 'vitest';
import { objectIdOf, peopleOfChat } from '#domain/chat-people.ts';
import { personal } from '#domain/personal.ts';
import { people } from '#simulator/teams/directory.ts';

const cara = '7a0e0000-0000-4000-8000-000000000001';
const dora = '7a0e0000-0000-4000-8000-000000000002';
const subjectOf = (subject: string) => personal(subject, '').$personal.subject;

describe('the people of a chat', () => {
  it('are the two whose object ids its id is made of, in whatever case it came', () => {
    expect(peopleOfChat(`chat:t/19:${cara}_${dora}@unq.gbl.spaces`)).toEqual([cara, dora]);
    expect(peopleOfChat(subjectOf(`chat:T/19:${cara.toUpperCase()}_${dora}@unq.gbl.spaces`))).toEqual([cara, dora]);
  });

  it('are one where somebody talks to nobody else', () => {
    expect(peopleOfChat(`chat:t/19:${cara}_${cara}@unq.gbl.spaces`)).toEqual([cara]);
  });

  it.each([
    ['a group chat', 'chat:t/19:0123456789abcdef@thread.v2'],
    ['a meeting', 'chat:t/19:meeting_abc@thread.v2'],
    ['a person', `user:t/${cara}`],
    ['notes to oneself', 'chat:t/48:notes'],
    ['ids that are no object ids', 'chat:t/19:cara_dora@unq.gbl.spaces'],
    ['more behind it', `chat:t/19:${cara}_${dora}@unq.gbl.spaces/x`],
  ])('are not known of %s', (_, subject) => {
    expect(peopleOfChat(subject)).toEqual([]);
  });
});

describe('the object id of a subject', () => {
  it('is that of a user, as the chats name it', () => {
    const id = people[0]?.id ?? '';
    expect(objectIdOf(subjectOf(`user:T/${id}`))).toBe(id.toLowerCase());
  });

  it.each(['upn:cara@contoso.example', 'number:4930555', 'user:t/cara', `responder:${cara}`])(
    'is not known of %s',
    (subject) => {
      expect(objectIdOf(subject)).toBeUndefined();
    },
  );
});
