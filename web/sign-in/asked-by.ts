import type { Context } from 'hono';
import { localPerson, signedInSubject } from '#domain/access/person.ts';
import { permissionsOf, rolesIn } from '#domain/access/roles.ts';
import type { SignedInPerson } from '#ports/sign-in.ts';
import type { DeskEnv } from '#web/deps.ts';
import { isLoopbackHost } from '#web/loopback.ts';
import { decodePath } from '#web/payloads.ts';
import type { DeskCookies } from '#web/sign-in/cookies.ts';
import type { DeskSignIn, Session, Viewer } from '#web/sign-in/desk-sign-in.ts';
import { isLocalKey } from '#web/sign-in/local-key.ts';
import type { Sessions } from '#web/sign-in/sessions.ts';

export type AskedBy =
  | { readonly ok: true; readonly viewer: Viewer; readonly renew: boolean }
  | { readonly ok: false; readonly reason: 'nobody' }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/** Where tokens are taken, of commands on other machines and of Temporal's pages: nowhere else, as whoever holds such a token holds all that it is good for. */
const tokenPaths: ReadonlySet<string> = new Set(['/api/leaving', decodePath]);

/** Who sends a request: a command with the local key or with a token, or a browser with a session. */
export async function askedBy(
  c: Context<DeskEnv>,
  { localKey, commands }: DeskSignIn,
  cookies: DeskCookies,
  sessions: Sessions,
): Promise<AskedBy> {
  if (localKey !== undefined && isFromHere(c) && isLocalKey(localKey, c.req.header('authorization'))) {
    // Whoever is this user of the machine could read every key there is; and a call must be taken even while nobody can sign in.
    const roles = ['Administrator', 'Responder'] as const;
    return {
      ok: true,
      renew: false,
      viewer: { person: localPerson(localKey.systemUser), roles, may: permissionsOf(roles) },
    };
  }
  const token = tokenPaths.has(c.req.path) ? bearerOf(c.req.header('authorization')) : undefined;
  if (commands !== undefined && token !== undefined) {
    const found = await commands.person(token);
    if (found.ok) return { ok: true, viewer: commandViewer(found.person), renew: false };
    return found.reason === 'away' ? { ...found, reason: 'unavailable' } : { ok: false, reason: 'nobody' };
  }
  const cookie = cookies.readSession(c);
  if (cookie === undefined) return { ok: false, reason: 'nobody' };
  const read = await sessions.read(cookie);
  if (!read.ok) return read.reason === 'unavailable' ? read : { ok: false, reason: 'nobody' };
  return { ok: true, viewer: viewerOf(read.session), renew: read.renew };
}

/** A token, whose three parts no local key has (RFC 7519 section 3). */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? '')?.[1];
}

function commandViewer({ name, tenant, id, roles: words }: SignedInPerson): Viewer {
  const roles = rolesIn(words);
  const person = { how: 'sign-in', name, subject: signedInSubject(tenant, id) } as const;
  return { person, roles, may: permissionsOf(roles) };
}

export function viewerOf(session: Session): Viewer {
  const { name, tenant, person, roles } = session;
  return {
    person: { how: 'sign-in', name, subject: signedInSubject(tenant, person) },
    roles,
    may: permissionsOf(roles),
    session,
  };
}

/** True for a connection from this machine that no proxy passed on. Absent bindings: asked directly, as tests do. */
export function isFromHere(c: Context<DeskEnv>): boolean {
  if (['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded'].some((name) => c.req.header(name)))
    return false;
  return c.env?.incoming === undefined || isLoopbackHost(socketAddress(c) ?? '');
}

/** Of the other end of the connection; an IPv4 address in IPv6's clothes as the IPv4 address that it is (RFC 4291 section 2.5.5.2). */
function socketAddress(c: Context<DeskEnv>): string | undefined {
  return c.env?.incoming?.socket?.remoteAddress?.replace(/^::ffff:/i, '');
}

/** Whom to count attempts for: the last address that the trusted proxy saw, else that of the connection. */
export function addressOf(c: Context<DeskEnv>, trustedProxy: boolean): string {
  const forwarded = trustedProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return (forwarded === undefined || forwarded === '' ? socketAddress(c) : forwarded) ?? 'unknown';
}
