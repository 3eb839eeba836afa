import { Hono } from 'hono';
import type { DeskDeps, DeskEnv, RouteDeps } from '#web/deps.ts';
import { crossSiteGuard, hostGuard, securityHeaders } from '#web/guards.ts';
import { healthOf } from '#web/health.ts';
import { createDeskRegistry } from '#web/live/desk-registry.ts';
import { createPulse } from '#web/live/pulse.ts';
import { problem } from '#web/problem.ts';
import { assetRoutes } from '#web/routes/assets.ts';
import { auditRoutes } from '#web/routes/audit.ts';
import { deskRoutes } from '#web/routes/desks.ts';
import { emergencyRoutes } from '#web/routes/emergencies.ts';
import { erasureRoutes } from '#web/routes/erasures.ts';
import { methodRoutes } from '#web/routes/methods.ts';
import { openApiRoutes } from '#web/routes/openapi.ts';
import { pageRoutes } from '#web/routes/pages.ts';
import { isFromPages, pagesMayRead, payloadRoutes } from '#web/routes/payloads.ts';
import { probeRoutes } from '#web/routes/probes.ts';
import { projectionRoutes } from '#web/routes/projections.ts';
import { quarantineRoutes } from '#web/routes/quarantine.ts';
import { signInRoutes } from '#web/routes/sign-in.ts';
import { streamRoutes } from '#web/routes/stream.ts';
import { subscribingRoutes } from '#web/routes/subscribing.ts';
import { createDeskCookies } from '#web/sign-in/cookies.ts';
import { signInGuard, tlsGuard } from '#web/sign-in/guard.ts';
import { createSessions } from '#web/sign-in/sessions.ts';

/** The desk: pages for people, `/api` for scripts, probes. All that it knows comes from `deps.data`; GET changes nothing. */
export function createDeskApp(deps: DeskDeps): Hono<DeskEnv> {
  const { data, log, signIn, payloads } = deps;
  const desks = deps.desks ?? createDeskRegistry(deps.now);
  const pulse = createPulse({
    health: () => healthOf(data, desks, signIn?.access),
    now: deps.now,
    pingMs: deps.pingMs ?? 5000,
    healthMs: deps.healthMs ?? 2000,
    onFailure: (error) => log.error({ err: error }, 'health could not be read'),
  });
  const sessions = signIn === undefined ? undefined : createSessions({ ...signIn, now: deps.now });
  const shared: RouteDeps = { ...deps, desks, pulse, ...(sessions === undefined ? {} : { sessions }) };

  const app = new Hono<DeskEnv>();
  app.use(securityHeaders());
  app.use(hostGuard(deps.hosts));
  if (signIn !== undefined) app.use(tlsGuard(signIn));
  if (payloads !== undefined) app.use(pagesMayRead(payloads));
  const keepOthersOut = crossSiteGuard(() =>
    signIn === undefined ? deps.hosts().map((host) => `http://${host}`) : [signIn.origin],
  );
  app.use('/api/*', (c, next) =>
    isFromPages(payloads, c.req.path, c.req.header('origin')) ? next() : keepOthersOut(c, next),
  );
  if (signIn !== undefined && sessions !== undefined)
    app.use(signInGuard(deps, signIn, createDeskCookies(signIn.origin), sessions));
  for (const add of [
    emergencyRoutes,
    streamRoutes,
    auditRoutes,
    deskRoutes,
    probeRoutes,
    projectionRoutes,
    quarantineRoutes,
    erasureRoutes,
    subscribingRoutes,
    payloadRoutes,
    signInRoutes,
    openApiRoutes,
    assetRoutes,
    pageRoutes,
    methodRoutes,
  ])
    add(app, shared);
  app.notFound(() => problem('not-found'));
  app.onError((error, c) => {
    const incoming = c.env?.incoming;
    if (incoming?.destroyed === true && !incoming.complete) {
      log.info({ route: c.req.routePath }, 'a client went away before its request was whole');
      return problem('invalid-body');
    }
    const instance = `urn:uuid:${crypto.randomUUID()}`;
    log.error({ err: error, instance, route: c.req.routePath }, 'a request failed');
    return problem('internal', { members: { instance } });
  });
  return app;
}
