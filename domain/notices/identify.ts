import { clean, objectField, present, textField } from '#domain/notices/fields.ts';
import type { Notice } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';

/** The ids that a notice and its content name a message by. */
export interface MessageIds {
  readonly chatId?: string;
  readonly messageId?: string;
}

/**
 * Chat and message of a notice. What stands in the clear goes first, so that a message that cannot be read and the same one that can have the same ids; the
 * resource names them as `chats('<chat id>')/messages('<message id>')` or with slashes, percent-encoded or not.
 */
export function messageIdsOf(notice: Notice, resource: JsonObject | undefined): MessageIds {
  const path = notice.resource ?? textField(notice.resourceData, '@odata.id') ?? '';
  const [, chat, message] = usual.exec(path) ?? [];
  if (chat !== undefined && message !== undefined)
    return present({ chatId: opaqueId(chat), messageId: opaqueId(message) });
  const channel = objectField(resource, 'channelIdentity');
  const chatId =
    keyOf(path, 'chats') ??
    keyOf(path, 'channels') ??
    textField(resource, 'chatId') ??
    textField(notice.resourceData, 'chatId') ??
    textField(channel, 'channelId');
  const messageId =
    keyOf(path, 'replies') ??
    keyOf(path, 'messages') ??
    textField(notice.resourceData, 'id') ??
    textField(resource, 'id');
  return present({ chatId: opaqueId(chatId), messageId: opaqueId(messageId) });
}

/** The path that nearly every notice has, which is looked at once for both of its keys; {@link keyOf} finds the same in it. */
const usual = /^chats\('([^'%]+)'\)\/messages\('([^'%]+)'\)$/;

/** An id that Graph may have given: visible ASCII, no longer than any of Graph's. Nothing else becomes part of a key or of a subject. */
function opaqueId(text: string | undefined): string | undefined {
  return text !== undefined && /^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined;
}

const key = (set: string) => new RegExp(`(?:^|/)${set}(?:\\('((?:[^']|'')*)'\\)|/([^/?#(]+))`, 'i');
const keys = { chats: key('chats'), channels: key('channels'), messages: key('messages'), replies: key('replies') };

/** The key of an entity set in a resource path: `set('key')` (OData, quotes doubled) or `set/key`. */
function keyOf(path: string, set: keyof typeof keys): string | undefined {
  const found = keys[set].exec(path);
  const named = found?.[1]?.replaceAll("''", "'") ?? found?.[2];
  if (named === undefined || named === '' || named.toLowerCase() === 'getallmessages') return undefined;
  if (!named.includes('%')) return named;
  try {
    return decodeURIComponent(named);
  } catch {
    return named;
  }
}

/** The path of a message as notices name it ("Get change notifications for messages in Teams"): OData keys, quotes doubled. */
export function messageResource(chatId: string, messageId: string): string {
  const key = (id: string) => id.replaceAll("'", "''");
  return `chats('${key(chatId)}')/messages('${key(messageId)}')`;
}

/** Which kind of conversation a chat id stands for ("chat resource type"; the forms of the ids are not documented, but stable for years). */
export function chatTypeOf(
  chatId: string | undefined,
  resource: JsonObject | undefined,
): 'group' | 'oneOnOne' | 'meeting' | 'channel' | 'unknown' {
  if (objectField(resource, 'channelIdentity') !== undefined) return 'channel';
  const id = chatId?.toLowerCase() ?? '';
  if (id.endsWith('@unq.gbl.spaces') || id.startsWith('48:')) return 'oneOnOne';
  if (id.endsWith('@thread.tacv2')) return 'channel';
  if (id.startsWith('19:meeting_')) return 'meeting';
  if (id.endsWith('@thread.v2') || id.endsWith('@thread.skype')) return 'group';
  return 'unknown';
}

/** Emergency calling policy that a subscription's resource names: `…getEmergencyEventsByPolicy(policyName='<name>')`. */
export function policyOf(resource: string | undefined): string | undefined {
  const name = /policyName\s*=\s*'((?:[^']|'')*)'/i.exec(resource ?? '')?.[1];
  if (name === undefined) return undefined;
  let decoded = name.replaceAll("''", "'");
  try {
    decoded = decodeURIComponent(decoded);
  } catch {
    // A name may hold a percent sign of its own.
  }
  return clean(decoded);
}

/** An id that may stand in the clear: letters, digits and a few signs, none of which an address or a chat id can do without. */
export function plainId(text: string | undefined, bound = 128): string | undefined {
  return text !== undefined && text.length <= bound && /^[A-Za-z0-9][A-Za-z0-9._=-]*$/.test(text) ? text : undefined;
}
