import type { Context, Hono } from 'hono';
import { permissions } from '#domain/access/roles.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { SignInTransaction } from '#ports/sign-in.ts';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { messagePage, plainPage } from '#web/pages/message.ts';
import { addressOf, viewerOf } from '#web/sign-in/asked-by.ts';
import { type Attempts, createAttempts } from '#web/sign-in/attempts.ts';
import { attemptSeconds, createDeskCookies } from '#web/sign-in/cookies.ts';
import type { DeskSignIn } from '#web/sign-in/desk-sign-in.ts';
import { returnPath } from '#web/sign-in/return-path.ts';
import type { Sessions } from '#web/sign-in/sessions.ts';

/** Sealed in the browser while somebody is at the identity provider. */
interface Attempt extends SignInTransaction {
  readonly to: string;
}

const purpose = 'sign-in';
const again = ['/sign-in', 'Sign in'] as const;
const another = ['/sign-in?account=other', 'Sign in as somebody else'] as const;

/** Signing in and out, and who is signed in. */
export function signInRoutes(app: Hono<DeskEnv>, deps: RouteDeps): void {
  const { signIn, sessions } = deps;
  sessionRoutes(app, deps);
  if (signIn !== undefined && sessions !== undefined) flowRoutes(app, deps, signIn, sessions);
}

function sessionRoutes(app: Hono<DeskEnv>, { signIn, sessions, now }: RouteDeps): void {
  app.get('/api/session', (c) => {
    const viewer = c.get('viewer');
    if (viewer === undefined || sessions === undefined) return c.json({ signIn: false, may: permissions });
    const { person, roles, may, session } = viewer;
    return c.json({
      signIn: true,
      name: person.name,
      roles,
      may: [...may],
      ...(session === undefined
        ? {}
        : { id: session.id.slice(0, 8), endsAt: new Date(sessions.endOf(session)).toISOString() }),
      at: new Date(now()).toISOString(),
    });
  });

  app.post('/api/sign-out', async (c) => {
    if (signIn === undefined || sessions === undefined) return c.json({ next: '/' });
    const cookies = createDeskCookies(signIn.origin);
    const cookie = cookies.readSession(c);
    const read = cookie === undefined ? undefined : await sessions.read(cookie);
    if (read?.ok === true) {
      sessions.end(read.session);
      signIn.access.record({ kind: 'session-ended', person: viewerOf(read.session).person });
    }
    cookies.clearSession(c);
    const back = `${signIn.origin}/signed-out`;
    return c.json({ next: (await signIn.provider.endSession(back)) ?? back });
  });
}

function flowRoutes(app: Hono<DeskEnv>, deps: RouteDeps, signIn: DeskSignIn, sessions: Sessions): void {
  const { log, now, title: organisation } = deps;
  const { provider, cookies: sealer, origin, trustedProxy } = signIn;
  const cookies = createDeskCookies(origin);
  const limit = () => limited(createAttempts(signIn.attemptsPerMinute ?? 30, now));
  /** States that came back already, until they would have run out: a code is redeemed once, and only asked for once. */
  const spent = new Map<string, number>();

  // Each for itself: whoever was let begin must not lose the code on the way back.
  app.use('/sign-in', limit());
  app.use('/signed-in', limit());

  app.get('/sign-in', async (c) => {
    const begun = await provider.begin(`${origin}/signed-in`, c.req.query('account') === 'other');
    if (!begun.ok) return away(c, begun.detail);
    const content = { ...begun.transaction, to: returnPath(c.req.query('to')) };
    const sealed = await sealer.seal(purpose, content, now() + attemptSeconds * 1000);
    if (!sealed.ok) return unavailable(c, sealed.detail);
    cookies.writeAttempt(c, begun.transaction.state, sealed.value);
    return c.redirect(begun.url, 302);
  });

  app.get('/signed-in', async (c) => {
    const state = c.req.query('state') ?? '';
    const cookie = cookies.readAttempt(c, state);
    const opened = cookie === undefined ? undefined : await sealer.open(purpose, cookie);
    cookies.clearAttempt(c, state);
    if (opened?.ok === false && opened.reason === 'unavailable') return unavailable(c, opened.detail);
    const attempt = opened?.ok === true ? (opened.content as unknown as Attempt) : undefined;
    if (attempt === undefined || attempt.state !== state || !spend(state)) return failed(c, 'no such attempt');
    const { pathname, search } = new URL(c.req.url);
    const finished = await provider.finish(new URL(`${origin}${pathname}${search}`), attempt);
    if (finished.ok) return enter(c, finished.person, attempt.to);
    switch (finished.reason) {
      case 'declined':
        log.info({ detail: finished.detail }, 'the identity provider declined a sign-in');
        return c.html(messagePage('sign-in-declined', { organisation, links: [again, another] }), 403);
      case 'invalid':
        return failed(c, finished.detail);
      case 'away':
        return away(c, finished.detail);
      default:
        return assertNever(finished);
    }
  });

  app.get('/signed-out', (c) =>
    c.html(plainPage('You are signed out', { organisation, more: ['This browser shows no calls.'], links: [again] })),
  );
  app.get('/signed-in-again', (c) =>
    c.html(
      plainPage('You are signed in again', { organisation, more: ['Close this tab: the page you came from goes on.'] }),
    ),
  );

  async function enter(c: Context<DeskEnv>, person: Parameters<Sessions['start']>[0], to: string) {
    const session = sessions.start(person);
    if (session.roles.length === 0) {
      log.info({}, 'somebody without a role signed in');
      const more = [`You are ${person.name}.`, ...(signIn.help === undefined ? [] : [signIn.help])];
      return c.html(messagePage('no-role', { organisation, more, links: [another] }), 403);
    }
    const sealed = await sessions.seal(session);
    if (!sealed.ok) return unavailable(c, sealed.detail);
    // Whoever was signed in here is not any more: an identifier from before a sign-in never outlives it (CWE-384).
    const before = cookies.readSession(c);
    const read = before === undefined ? undefined : await sessions.read(before);
    cookies.writeSession(c, sealed.value, Math.floor(sessions.absoluteMs / 1000));
    if (read?.ok === true) sessions.end(read.session);
    const viewer = viewerOf(session);
    signIn.access.record({ kind: 'session-started', person: viewer.person, roles: session.roles });
    log.info({ roles: session.roles }, 'somebody signed in');
    return c.redirect(to, 303);
  }

  function spend(state: string): boolean {
    for (const [known, until] of spent) if (until < now()) spent.delete(known);
    if (spent.has(state)) return false;
    spent.set(state, now() + attemptSeconds * 1000);
    return true;
  }
  function limited(attempts: Attempts) {
    return async (c: Context<DeskEnv>, next: () => Promise<void>) => {
      const allowed = attempts.allow(addressOf(c, trustedProxy));
      if (allowed.ok) return next();
      c.header('Retry-After', String(allowed.retrySeconds));
      return c.html(messagePage('too-many-sign-ins', { organisation }), 429);
    };
  }
  function failed(c: Context, detail: string) {
    log.warn({ detail }, 'a sign-in was refused');
    return c.html(messagePage('sign-in-failed', { organisation, links: [again] }), 400);
  }
  function away(c: Context, detail: string) {
    log.error({ detail }, 'the identity provider cannot be used');
    c.header('Retry-After', '30');
    return c.html(messagePage('identity-provider-away', { organisation, links: [again] }), 503);
  }
  function unavailable(c: Context, detail: string) {
    log.error({ detail }, 'sessions cannot be sealed');
    return c.html(messagePage('service-unreachable', { organisation, links: [again] }), 503);
  }
}
