import type { PagedRequest } from '#adapters/graph/pages.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';

/** Largest page that Graph gives of chats and of messages ("List chats", "List messages in a chat"). */
const pageSize = 50;

/** System event messages come with their own type instead of `unknownFutureValue`. */
export const messageHeaders = { prefer: 'include-unknown-enum-members' } as const;

type Read<T> = Pick<PagedRequest<T>, 'path' | 'query' | 'read' | 'isLast'>;

/** GET /me/chats, that with the newest message first ("List chats", example 4). */
export function chatsSince(since: number): Read<{ readonly id: string; readonly lastMessageAt?: string }> {
  return {
    path: '/me/chats',
    query: queryOf({
      $top: String(pageSize),
      $expand: 'lastMessagePreview',
      $orderby: 'lastMessagePreview/createdDateTime desc',
    }),
    read(chat) {
      const { id } = chat;
      if (typeof id !== 'string' || id === '') return undefined;
      const at = lastMessageAt(chat);
      // A chat that does not say when it had its last message may have had one.
      if (at === undefined) return { id };
      return at >= since ? { id, lastMessageAt: new Date(at).toISOString() } : undefined;
    },
    isLast: (chats) => chats.length > 0 && chats.every((chat) => (lastMessageAt(chat) ?? since) < since),
  };
}

/**
 * GET /chats/{id}/messages. Asks for everything that was changed since: a message of that time may have been edited after it, and the edit is what Graph
 * then sorts it by ("List messages in a chat": `$filter` and `$orderby` name the same property).
 */
export function messagesBetween(chatId: string, since: number, until: number): Read<JsonObject> {
  const isIn = (at: number | undefined) => at !== undefined && at >= since && at < until;
  return {
    path: `/chats/${encodeURIComponent(chatId)}/messages`,
    query: queryOf({
      $top: String(pageSize),
      $orderby: 'lastModifiedDateTime desc',
      $filter: `lastModifiedDateTime gt ${new Date(since - 1).toISOString()}`,
    }),
    read(message) {
      if (typeof message['id'] !== 'string') return undefined;
      const created = timeOf(message['createdDateTime']);
      const changed = timeOf(message['lastModifiedDateTime']);
      // What does not say when it was is not left out.
      return (created === undefined && changed === undefined) || isIn(created) || isIn(changed) ? message : undefined;
    },
    isLast: (messages) =>
      messages.length > 0 && messages.every((message) => (timeOf(message['lastModifiedDateTime']) ?? since) < since),
  };
}

export function messagePath(chatId: string, messageId: string): string {
  return `/chats/${encodeURIComponent(chatId)}/messages/${encodeURIComponent(messageId)}`;
}

function lastMessageAt(chat: JsonObject): number | undefined {
  const preview = chat['lastMessagePreview'];
  return isJsonObject(preview) ? timeOf(preview['createdDateTime']) : undefined;
}

function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** `%20` and not `+` for a space: OData reads a plus as one. */
function queryOf(options: Readonly<Record<string, string>>): string {
  return `?${Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`;
}
