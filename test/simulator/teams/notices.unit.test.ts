import { describe, expect, it } from 'vitest';
import { people, siteOf } from '#simulator/teams/directory.ts';
import { chatMessageOf } from '#simulator/teams/notices.ts';

describe('a simulated chat message', () => {
  it.each(people.map((caller) => [siteOf(caller).language, caller] as const))(
    'says en-us as Graph does, though it is in %s',
    (_, caller) => {
      const site = siteOf(caller);
      const { street, houseNumber } = site;
      const message = chatMessageOf({
        ...{ callId: 'c', caller, site, number: '112', floor: '2', room: '3', street, houseNumber },
        ...{ at: 0, chatId: '19:x@thread.v2', messageId: '1', phrase: 'x' },
      });
      expect(message['locale']).toBe('en-us');
    },
  );
});
