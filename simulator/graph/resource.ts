import type { Target } from '#simulator/graph/record.ts';
import { invalid, type Refusal } from '#simulator/graph/reply.ts';

export interface ParsedResource {
  readonly target: Target;
  readonly canonical: string;
}

/** Reads the `resource` of a subscription. @param signedIn object id behind `me`; @param userIdOf object id of a user named by id or sign-in name */
export function parseResource(
  resource: string,
  signedIn: string | undefined,
  userIdOf: (name: string) => string | undefined,
): ParsedResource | Refusal {
  // Absolute URLs are taken as well as paths.
  const path = resource.replace(/^https:\/\/[^/]+\/(v1\.0|beta)/i, '').replace(/^\/+/, '');
  const [plain = '', query] = path.split('?', 2);
  const canonical = (text: string) => `${text}${query === undefined ? '' : `?${query.toLowerCase()}`}`;

  const policy = /^communications\/calls\/getEmergencyEventsByPolicy\(policyName='((?:[^']|'')+)'\)$/i.exec(plain)?.[1];
  if (policy !== undefined) {
    const name = policy.replaceAll("''", "'");
    return { target: { kind: 'emergency', policy: name }, canonical: canonical(`emergency/${name.toLowerCase()}`) };
  }
  if (/^chats\/getAllMessages$/i.test(plain)) return { target: { kind: 'all-chats' }, canonical: canonical('chats') };
  const chatId = /^chats(?:\/([^/]+)|\('([^']+)'\))\/messages$/i.exec(plain);
  if (chatId !== null) {
    const id = decoded(chatId[1] ?? chatId[2] ?? '');
    return { target: { kind: 'chat', chatId: id }, canonical: canonical(`chats/${id}`) };
  }
  const user = /^(?:(me)|users(?:\/([^/]+)|\('([^']+)'\)))\/chats\/getAllMessages$/i.exec(plain);
  if (user !== null) {
    if (user[1] !== undefined && signedIn === undefined)
      return invalid('/me request is only valid with delegated authentication flow.');
    const userId = user[1] === undefined ? userIdOf(decoded(user[2] ?? user[3] ?? '')) : signedIn;
    if (userId === undefined) return invalid(`Resource '${plain}' does not exist.`);
    return { target: { kind: 'user-chats', userId }, canonical: canonical(`users/${userId}`) };
  }
  return invalid(`Resource '${resource}' is not supported for subscriptions.`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
