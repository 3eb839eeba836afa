import type { JsonObject } from '#kernel/json.ts';
import type { Chat, Chats, KeptMessage } from '#simulator/graph/chats.ts';
import { boundsOf, page, placeOf, timeFilter, topOf, unknownOption } from '#simulator/graph/odata.ts';
import { lacks } from '#simulator/graph/permissions.ts';
import { isRefusal, type Reply, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

export interface MessageRoutes {
  /** `GET /me/chats`, `/chats`, `/users/{id}/chats` ("List chats"). */
  listChats(request: GraphRequest, userId: string): Reply;
  /** `GET /chats/{id}` */
  chat(request: GraphRequest, chatId: string): Reply;
  /** `GET /chats/{id}/messages` ("List messages in a chat"). */
  listMessages(request: GraphRequest, chatId: string): Reply;
  /** `GET /chats/{id}/messages/{id}` */
  message(request: GraphRequest, chatId: string, messageId: string): Reply;
  /** `GET /users/{id}/chats/getAllMessages`, with or without `/delta` ("chats: getAllMessages"): applications only. */
  allMessages(request: GraphRequest, userId: string, delta: boolean): Reply;
}

const basics = {
  delegated: ['Chat.ReadBasic', 'Chat.Read', 'Chat.ReadWrite'],
  application: ['Chat.ReadBasic.All', 'Chat.Read.All', 'Chat.ReadWrite.All'],
};
const contents = { delegated: ['Chat.Read', 'Chat.ReadWrite'], application: ['Chat.Read.All', 'Chat.ReadWrite.All'] };
const exports = { delegated: [], application: ['Chat.Read.All', 'Chat.ReadWrite.All'] };
const badRequest = (message: string) => refuse(400, 'BadRequest', message);

export function createMessageRoutes(chats: Chats, tenant: SimulatedTenant): MessageRoutes {
  /** Undefined when the caller may see the chat. */
  const closed = (request: GraphRequest, chatId: string, needs: typeof basics): Reply | undefined => {
    const lacking = lacks(request.claims, needs);
    if (lacking !== undefined) return lacking;
    if (chats.chat(chatId) === undefined) return refuse(404, 'NotFound', 'NotFound');
    const { userId } = request.claims;
    if (userId === undefined || chats.isMember(chatId, userId)) return undefined;
    return refuse(403, 'Forbidden', 'Caller does not have access to the chat.');
  };
  const show = (chat: Chat, expand: readonly string[]): JsonObject => ({
    id: chat.id,
    topic: chat.topic,
    createdDateTime: iso(chat.createdAt),
    lastUpdatedDateTime: iso(chat.lastAt),
    chatType: chat.id.endsWith('@unq.gbl.spaces') ? 'oneOnOne' : 'group',
    webUrl: null,
    tenantId: tenant.id,
    onlineMeetingInfo: null,
    viewpoint: null,
    ...(expand.includes('lastMessagePreview') ? { lastMessagePreview: preview(chat) } : {}),
    ...(expand.includes('members')
      ? {
          'members@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#chats/members',
          members: membersOf(chat),
        }
      : {}),
  });
  const membersOf = (chat: Chat): JsonObject[] =>
    chats.members(chat.id).map((userId) => {
      const user = tenant.users.find(({ id }) => id === userId);
      return {
        '@odata.type': '#microsoft.graph.aadUserConversationMember',
        id: Buffer.from(`${chat.id}##${userId}`).toString('base64'),
        roles: ['owner'],
        displayName: user?.displayName ?? null,
        userId,
        email: user?.userPrincipalName ?? null,
        tenantId: tenant.id,
      };
    });

  return {
    listChats(request, userId) {
      const { query, claims } = request;
      const lacking = lacks(claims, basics);
      if (lacking !== undefined) return lacking;
      if (claims.userId !== undefined && claims.userId !== userId)
        return refuse(403, 'Forbidden', 'The signed-in user may list his or her own chats only.');
      const top = topOf(query, 50, 20);
      const from = placeOf(query);
      const filter = timeFilter(query.get('$filter'));
      const expand = expansions(query);
      const refusal =
        unknownOption(query, ['$top', '$filter', '$orderby', '$expand', '$skiptoken']) ??
        [top, from, filter].find(refused);
      if (refusal !== undefined) return refusal as Reply;
      const order = query.get('$orderby') ?? query.get('$orderBy');
      if (order !== null && !/^lastMessagePreview\/createdDateTime\s+desc$/i.test(order.trim()))
        return badRequest('Only lastMessagePreview/createdDateTime in descending order is supported in $orderby.');
      const comparisons = filter as Exclude<typeof filter, Reply>;
      const unsupported = comparisons.find(
        ({ property }) => !['lastMessagePreview/createdDateTime', 'lastUpdatedDateTime'].includes(property),
      );
      if (unsupported !== undefined) return badRequest(`Filtering on '${unsupported.property}' is not supported.`);
      if (expand.some((name) => !['members', 'lastMessagePreview'].includes(name)))
        return badRequest('Only members and lastMessagePreview can be expanded.');
      const found = chats.chatsOf(userId, { ...boundsOf(comparisons), ...at(from), limit: (top as number) + 1 });
      const shown = found.slice(0, top as number);
      const last = shown.at(-1);
      const next = found.length > shown.length && last !== undefined ? { at: last.lastAt, id: last.id } : undefined;
      return {
        status: 200,
        body: page(
          request,
          'chats',
          shown.map((chat) => show(chat, expand)),
          next,
          true,
        ),
      };
    },

    chat(request, chatId) {
      const refusal = closed(request, chatId, basics);
      const chat = chats.chat(chatId);
      if (refusal !== undefined || chat === undefined) return refusal ?? refuse(404, 'NotFound', 'NotFound');
      return { status: 200, body: show(chat, expansions(request.query)) };
    },

    listMessages(request, chatId) {
      const { query } = request;
      const top = topOf(query, 50, 20);
      const from = placeOf(query);
      const filter = timeFilter(query.get('$filter'));
      const refusal =
        closed(request, chatId, contents) ??
        unknownOption(query, ['$top', '$filter', '$orderby', '$skiptoken']) ??
        [top, from, filter].find(refused);
      if (refusal !== undefined) return refusal as Reply;
      const order = /^(lastModifiedDateTime|createdDateTime)(?:\s+(asc|desc))?$/i.exec(
        (query.get('$orderby') ?? query.get('$orderBy') ?? 'lastModifiedDateTime desc').trim(),
      );
      if (order === null || order[2]?.toLowerCase() !== 'desc')
        return badRequest(
          'Only lastModifiedDateTime and createdDateTime in descending order are supported in $orderby.',
        );
      const property = order[1]?.toLowerCase() === 'createddatetime' ? 'createdDateTime' : 'lastModifiedDateTime';
      const comparisons = filter as Exclude<typeof filter, Reply>;
      for (const comparison of comparisons) {
        const operators = comparison.property === 'createdDateTime' ? ['lt'] : ['gt', 'lt'];
        if (
          !['createdDateTime', 'lastModifiedDateTime'].includes(comparison.property) ||
          !operators.includes(comparison.operator)
        )
          return badRequest(`Filtering by '${comparison.property} ${comparison.operator}' is not supported.`);
      }
      // Without $orderby on the same property Graph ignores the filter, silently.
      const ordered = query.has('$orderby') || query.has('$orderBy');
      const counting = comparisons.filter((comparison) => ordered && comparison.property === property);
      const by = property === 'createdDateTime' ? 'created' : 'modified';
      const found = chats.messages(chatId, by, { ...boundsOf(counting), ...at(from), limit: (top as number) + 1 });
      const shown = found.slice(0, top as number);
      const last = shown.at(-1);
      const next =
        found.length > shown.length && last !== undefined
          ? { at: by === 'created' ? last.createdAt : last.modifiedAt, id: last.id }
          : undefined;
      return {
        status: 200,
        body: page(request, `chats('${encodeURIComponent(chatId)}')/messages`, shown.map(plain), next, true),
      };
    },

    message(request, chatId, messageId) {
      const refusal = closed(request, chatId, contents);
      if (refusal !== undefined) return refusal;
      const message = chats.message(chatId, messageId);
      return message === undefined ? refuse(404, 'NotFound', 'NotFound') : { status: 200, body: message.body };
    },

    allMessages(request, userId, delta) {
      const refusal = lacks(request.claims, exports);
      if (refusal !== undefined) return refusal;
      const top = topOf(request.query, 1000, 50);
      const filter = timeFilter(request.query.get('$filter'));
      if (typeof top !== 'number') return top;
      if (refused(filter)) return filter;
      const from = Number(request.query.get('$skiptoken') ?? request.query.get('$deltatoken') ?? 0);
      if (!Number.isSafeInteger(from)) return badRequest('The token is not valid.');
      const found = chats.changesOf(userId, from, top + 1);
      const read = found.slice(0, top);
      const { after, before } = boundsOf(filter.filter(({ property }) => property === 'lastModifiedDateTime'));
      const link = (name: string) => {
        const query = new URLSearchParams(request.query);
        for (const old of ['$skiptoken', '$deltatoken']) query.delete(old);
        query.set(name, String(read.at(-1)?.change ?? from));
        return `${request.address}?${query.toString().replaceAll('%24', '$').replaceAll('+', '%20')}`;
      };
      return {
        status: 200,
        body: {
          '@odata.context': `https://graph.microsoft.com/${request.version}/$metadata#Collection(chatMessage)`,
          ...(found.length > top ? { '@odata.nextLink': link('$skiptoken') } : {}),
          ...(delta && found.length <= top ? { '@odata.deltaLink': link('$deltatoken') } : {}),
          value: read.filter(({ modifiedAt }) => modifiedAt > after && modifiedAt < before).map(plain),
        },
      };
    },
  };
}

const iso = (at: number) => new Date(at).toISOString();

function at(from: ReturnType<typeof placeOf>) {
  return from === undefined || refused(from) ? {} : { from };
}

function refused<T>(value: T): value is Extract<T, Reply> {
  return typeof value === 'object' && value !== null && isRefusal(value);
}

function expansions(query: URLSearchParams): readonly string[] {
  return (query.get('$expand') ?? '').split(',').filter((name) => name !== '');
}

/** In a list the context stands once, outside. */
function plain(message: KeptMessage): JsonObject {
  const { '@odata.context': _, ...rest } = message.body;
  return rest;
}

function preview(chat: Chat): JsonObject {
  const { id, createdDateTime, body, from, messageType } = chat.lastMessage;
  return {
    id,
    createdDateTime,
    isDeleted: false,
    messageType,
    eventDetail: null,
    body,
    from,
  };
}
