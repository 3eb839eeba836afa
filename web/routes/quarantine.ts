import type { Hono } from 'hono';
import { assertNever } from '#kernel/assert-never.ts';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { readBody, readQuery } from '#web/input.ts';
import { problem } from '#web/problem.ts';
import { acknowledgeBodySchema, idSchema, quarantineQuerySchema } from '#web/schema-input.ts';
import { actedBy, actedFrom } from '#web/sign-in/acted.ts';

/** Messages that nobody could read: which there are, and publishing one again once it can be read. */
export function quarantineRoutes(app: Hono<DeskEnv>, { quarantine, log }: RouteDeps): void {
  if (quarantine === undefined) return;
  app.get('/api/quarantine', async (c) => {
    const query = readQuery(c, quarantineQuerySchema);
    return query.ok ? c.json(await quarantine.list(query.value.cursor)) : query.response;
  });
  app.post('/api/quarantine/:id/publish', async (c) => {
    const id = idSchema.safeParse(c.req.param('id'));
    if (!id.success) return problem('record-not-found');
    const body = await readBody(c, acknowledgeBodySchema);
    if (!body.ok) return body.response;
    const who = actedBy(c, body.value.by);
    if (!who.ok) return who.response;
    const { by, proved } = who;
    const answer = await quarantine.publish(id.data, {
      by,
      from: actedFrom(c),
      ...(proved === undefined ? {} : { proved }),
    });
    if (answer.ok) return c.json({ started: true });
    switch (answer.reason) {
      case 'not-found':
        return problem('record-not-found');
      case 'refused':
        return problem('refused', { detail: answer.detail });
      case 'unavailable':
        log.error({ detail: answer.detail }, 'what somebody asked to be published again could not be recorded');
        return problem('log-unavailable', { headers: { 'Retry-After': '2' } });
      default:
        return assertNever(answer);
    }
  });
}
