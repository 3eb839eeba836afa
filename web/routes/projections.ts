import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { problem } from '#web/problem.ts';

/** The read models: where they are, what they amount to, and how to build one anew. */
export function projectionRoutes(app: Hono<DeskEnv>, { projections }: RouteDeps): void {
  if (projections === undefined) return;
  app.get('/api/projections', (c) => c.json({ items: projections.list() }));
  app.get('/api/projections/:name/digest', async (c) => {
    const digest = await projections.digest(c.req.param('name'));
    return digest === undefined ? problem('not-found') : c.json(digest);
  });
  app.post('/api/projections/:name/rebuild', async (c) => {
    const rebuilt = await projections.rebuild(c.req.param('name'));
    return rebuilt === undefined ? problem('not-found') : c.json(rebuilt);
  });
}
