import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageIdsOf, messageResource } from '#domain/notices/identify.ts';

const chat = '19:1c5b01696d2e4a179c292bc9cf04e63b@thread.v2';
const idsOf = (resource: string) => messageIdsOf({ delivery: 'direct', resource }, undefined);

describe('chat and message of a notice', () => {
  it.each([
    `chats('${chat}')/messages('17')`,
    `Chats('${chat}')/Messages('17')`,
    `/chats/${chat}/messages/17`,
    `chats('${encodeURIComponent(chat)}')/messages('17')`,
    `chats('${chat}')/messages('16')/replies('17')`,
    `users('u')/chats('${chat}')/messages('17')`,
  ])('are the same however its path names them: %s', (path) => {
    expect(idsOf(path)).toEqual({ chatId: chat, messageId: '17' });
    expect(messageIdsOf({ delivery: 'direct', resourceData: { '@odata.id': path } }, undefined)).toEqual(idsOf(path));
  });

  it('are those of the path that names them, whatever is in them', () => {
    const id = fc.stringMatching(/^[!-$&-~]{1,40}$/).filter((text) => text.toLowerCase() !== 'getallmessages');
    fc.assert(
      fc.property(id, id, (chatId, messageId) => {
        expect(idsOf(messageResource(chatId, messageId))).toEqual({ chatId, messageId });
      }),
    );
  });

  it.each(['chats/getAllMessages', `chats('a b')/messages('17\u0000')`])('are none of what is no id: %j', (path) => {
    expect(idsOf(path)).toEqual({});
  });
});
