import { userIdOf } from '#simulator/graph/creation.ts';
import { directoryRoute } from '#simulator/graph/directory-routes.ts';
import type { MessageRoutes } from '#simulator/graph/message-routes.ts';
import { type Reply, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';
import type { SubscriptionRoutes } from '#simulator/graph/subscription-routes.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

export interface RouterDeps {
  readonly tenant: SimulatedTenant;
  readonly subscriptions: SubscriptionRoutes;
  readonly messages: MessageRoutes;
}

/** Answers a request whose token was taken. */
export async function route(request: GraphRequest, deps: RouterDeps): Promise<Reply> {
  const [set = '', ...rest] = request.segments;
  if (set === 'subscriptions') return subscriptionRoute(request, deps.subscriptions, rest);
  return (
    directoryRoute(request, deps.tenant) ??
    chatRoute(request, deps) ??
    refuse(400, 'BadRequest', `Resource not found for the segment '${set}'.`)
  );
}

const notAllowed = () =>
  refuse(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');

async function subscriptionRoute(
  request: GraphRequest,
  routes: SubscriptionRoutes,
  [id, action, ...more]: readonly string[],
): Promise<Reply> {
  const { method } = request;
  if (id === undefined) {
    if (method === 'POST') return routes.create(request);
    return method === 'GET' ? routes.list(request) : notAllowed();
  }
  if (action === undefined) {
    if (method === 'GET') return routes.get(request, id);
    if (method === 'PATCH') return routes.update(request, id);
    return method === 'DELETE' ? routes.remove(request, id) : notAllowed();
  }
  if (action !== 'reauthorize' || more.length > 0)
    return refuse(400, 'BadRequest', `Resource not found for the segment '${action}'.`);
  return method === 'POST' ? routes.reauthorize(request, id) : notAllowed();
}

function chatRoute(request: GraphRequest, { tenant, messages }: RouterDeps): Reply | undefined {
  const { segments, claims } = request;
  const at = segments.indexOf('chats');
  const owner = ownerOf(segments.slice(0, Math.max(at, 0)), claims.userId, tenant);
  if (at < 0 || owner === undefined) return undefined;
  if (typeof owner !== 'string' && 'status' in owner) return owner;
  if (request.method !== 'GET') return notAllowed();
  const [first, collection, id, ...more] = segments.slice(at + 1);
  if (more.length > 0) return undefined;
  if (first === 'getAllMessages' && (collection === undefined || collection === 'delta')) {
    // Without a user in the path there is no such list.
    return at === 0 || id !== undefined ? undefined : messages.allMessages(request, owner, collection === 'delta');
  }
  if (first === undefined) {
    if (owner === '') return refuse(403, 'Forbidden', 'This operation is only supported with delegated permissions.');
    return messages.listChats(request, owner);
  }
  if (collection === undefined) return messages.chat(request, first);
  if (collection !== 'messages') return undefined;
  return id === undefined ? messages.listMessages(request, first) : messages.message(request, first, id);
}

/** Whose chats a path is about: `/chats` and `/me/chats` those of the signed-in user. */
function ownerOf(
  before: readonly string[],
  signedIn: string | undefined,
  tenant: SimulatedTenant,
): string | Reply | undefined {
  const [set, name, ...more] = before;
  if (more.length > 0) return undefined;
  if (set === 'users' && name !== undefined)
    return userIdOf(tenant, name) ?? refuse(404, 'NotFound', `User '${name}' was not found.`);
  if (set === 'me' && name === undefined)
    return signedIn ?? refuse(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
  return set === undefined ? (signedIn ?? '') : undefined;
}
