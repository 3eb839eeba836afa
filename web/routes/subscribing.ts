import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { readBody, readQuery } from '#web/input.ts';
import { problem } from '#web/problem.ts';
import { revokeBodySchema, signInAddressBodySchema, signInBodySchema, watchQuerySchema } from '#web/schema-input.ts';
import type { Started } from '#web/subscribing.ts';

const dayMs = 86_400_000;

/** Sign-in, subscriptions and the record of the watch. */
export function subscribingRoutes(app: Hono<DeskEnv>, { subscribing, now, log }: RouteDeps): void {
  if (subscribing === undefined) return;
  app.get('/api/credentials', async (c) => c.json({ items: await subscribing.credentials() }));
  app.get('/api/subscriptions', async (c) => c.json({ items: await subscribing.subscriptions() }));
  app.get('/api/watch', async (c) => {
    const query = readQuery(c, watchQuerySchema);
    if (!query.ok) return query.response;
    const to = query.value.to === undefined ? now() : Date.parse(query.value.to);
    const from = query.value.from === undefined ? to - dayMs : Date.parse(query.value.from);
    if (from >= to)
      return problem('invalid-query', { members: { problems: [{ at: 'from', problem: 'must be before `to`' }] } });
    return c.json(await subscribing.watch(from, to));
  });
  app.post('/api/credentials/:id/sign-in', async (c) => {
    const body = await readBody(c, signInBodySchema);
    if (!body.ok) return body.response;
    return answer(await subscribing.signIn(c.req.param('id'), body.value.method), 'credential-not-found');
  });
  app.post('/api/credentials/:id/sign-in/address', async (c) => {
    const body = await readBody(c, signInAddressBodySchema);
    if (!body.ok) return body.response;
    return answer(await subscribing.completeSignIn(c.req.param('id'), body.value.address), 'credential-not-found');
  });
  app.post('/api/credentials/:id/revoke', async (c) => {
    const body = await readBody(c, revokeBodySchema);
    if (!body.ok) return body.response;
    return answer(await subscribing.revoke(c.req.param('id'), body.value.why), 'credential-not-found');
  });
  app.post('/api/subscriptions/:id/renew', async (c) =>
    answer(await subscribing.renew(c.req.param('id')), 'subscription-not-found'),
  );
  app.post('/api/subscriptions/:id/recreate', async (c) =>
    answer(await subscribing.recreate(c.req.param('id')), 'subscription-not-found'),
  );
  app.post('/api/leaving', async (c) => {
    const body = await readBody(c, revokeBodySchema);
    if (!body.ok) return body.response;
    log.warn({ why: body.value.why }, 'the watch is being ended: every subscription, and every sign-in');
    return answer(await subscribing.leave(), 'subscription-not-found');
  });
}

function answer(
  started: Started<object | undefined>,
  notFound: 'credential-not-found' | 'subscription-not-found',
): Response {
  if (started.ok)
    return Response.json(started.value ?? { started: true }, { headers: { 'Cache-Control': 'no-store' } });
  switch (started.reason) {
    case 'not-found':
      return problem(notFound);
    case 'workflows-away':
      return problem('workflows-away', { detail: started.detail });
    case 'refused':
      return problem('refused', { detail: started.detail });
  }
}
