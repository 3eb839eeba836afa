import type { Context, MiddlewareHandler } from 'hono';
import { rolesWith } from '#domain/access/roles.ts';
import { type Need, ruleOf } from '#domain/access/routes.ts';
import type { DeskDeps, DeskEnv } from '#web/deps.ts';
import { errorPage } from '#web/pages/error.ts';
import { messagePage } from '#web/pages/message.ts';
import { problem } from '#web/problem.ts';
import { askedBy, isFromHere } from '#web/sign-in/asked-by.ts';
import type { DeskCookies } from '#web/sign-in/cookies.ts';
import type { DeskSignIn, Viewer } from '#web/sign-in/desk-sign-in.ts';
import type { Sessions } from '#web/sign-in/sessions.ts';

/** Refuses what did not come over TLS, as the trusted proxy says. A command on this machine comes without a proxy and without TLS. */
export function tlsGuard({ trustedProxy, origin }: DeskSignIn): MiddlewareHandler<DeskEnv> {
  return async (c, next) => {
    const proto = c.req.header('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase();
    if (trustedProxy && proto !== 'https' && !isFromHere(c)) return problem('tls-required');
    await next();
    if (origin.startsWith('https:')) c.res.headers.set('Strict-Transport-Security', 'max-age=31536000');
    return undefined;
  };
}

/** Lets a request through whose sender may do that, by the one table; everything else ends here. */
export function signInGuard(
  { log, title, now }: Pick<DeskDeps, 'log' | 'title' | 'now'>,
  signIn: DeskSignIn,
  cookies: DeskCookies,
  sessions: Sessions,
): MiddlewareHandler<DeskEnv> {
  const refuse = (c: Context<DeskEnv>) => {
    if (!isPage(c)) return problem('sign-in-required', { headers: { 'WWW-Authenticate': 'Bearer realm="tocsin"' } });
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(`/sign-in?to=${encodeURIComponent(pathname + search)}`, 302);
  };
  const forbid = (c: Context<DeskEnv>, viewer: Viewer, need: Need) => {
    const roles = need === 'everybody' || need === 'signed-in' ? [] : rolesWith(need);
    const detail = `It takes the role ${roles.join(' or ')}; you have ${viewer.roles.join(', ') || 'none'}.`;
    return isPage(c)
      ? c.html(errorPage('not-allowed', { organisation: title, viewer }, detail), 403)
      : problem('not-allowed', { detail });
  };

  return async (c, next) => {
    const rule = ruleOf(c.req.method, c.req.path);
    if (rule.known && rule.needs.every((need) => need === 'everybody')) return next();
    const asked = await askedBy(c, signIn, cookies, sessions);
    if (!asked.ok) {
      if (asked.reason === 'nobody') return refuse(c);
      log.error({ detail: asked.detail }, 'who asks cannot be told');
      return isPage(c)
        ? c.html(messagePage('service-unreachable', { organisation: title }), 503)
        : problem('service-unreachable');
    }
    const { viewer } = asked;
    if (!rule.known)
      return rule.allow.length === 0
        ? problem('not-found')
        : problem('method-not-allowed', { headers: { Allow: allowOf(rule.allow) } });
    for (const need of rule.needs)
      if (need !== 'everybody' && need !== 'signed-in' && !viewer.may.has(need)) return forbid(c, viewer, need);
    c.set('viewer', viewer);
    const { session } = viewer;
    const sealed = asked.renew && session !== undefined ? await sessions.seal(session) : undefined;
    await next();
    if (sealed?.ok === true && session !== undefined)
      cookies.writeSession(c, sealed.value, Math.max(1, Math.floor((sessions.endOf(session) - now()) / 1000)));
    return undefined;
  };
}

const allowOf = (methods: readonly string[]) => [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');

function isPage(c: Context<DeskEnv>): boolean {
  const { method, path } = c.req;
  return (method === 'GET' || method === 'HEAD') && !path.startsWith('/api/') && path !== '/metrics';
}
