import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { readBody } from '#web/input.ts';
import { deskBodySchema } from '#web/schema-input.ts';

/** `POST /api/desks`: a browser says that it is there and whether it can be heard. */
export function deskRoutes(app: Hono<DeskEnv>, { desks, log }: RouteDeps): void {
  app.post('/api/desks', async (c) => {
    const body = await readBody(c, deskBodySchema);
    if (!body.ok) return body.response;
    const { desk, sound } = body.value;
    // Only a desk of somebody who can act counts as heard.
    const counts = c.get('viewer')?.may.has('calls.act') ?? true;
    if (counts) desks.report(desk, sound);
    if (counts && sound === 'muted') log.info({ desk }, 'a desk was muted');
    return c.json(desks.counts());
  });
}
