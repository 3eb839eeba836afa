import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { problem } from '#web/problem.ts';

/** Scripts and styles, always asked for again and mostly answered "unchanged": a page never runs with half of an older version. */
export function assetRoutes(app: Hono<DeskEnv>, { assets }: RouteDeps): void {
  app.get('/assets/:name', (c) => {
    const asset = assets.get(c.req.param('name'));
    if (asset === undefined) return problem('not-found');
    const headers = { 'Cache-Control': 'no-cache', ETag: asset.etag, 'Content-Type': asset.contentType };
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304, headers);
    return c.body(asset.body, 200, headers);
  });
  app.get('/favicon.ico', () => new Response(null, { status: 204, headers: { 'Cache-Control': 'max-age=86400' } }));
}
