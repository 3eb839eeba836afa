import * as z from 'zod';

const count = z.int().min(0);
const at = z.iso.datetime();

/** What came of one gap of a feed. */
export const gapBackFilledV1 = z.looseObject({
  feed: z.string(),
  policy: z.string().optional(),
  ...{ from: at, to: at },
  outcome: z.enum(['complete', 'incomplete', 'impossible']),
  ...{ chats: count, chatsNotRead: count, messages: count, messagesNotPublished: count },
});
