import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { openApiDocument } from '#web/openapi-document.ts';

/** `GET /api/openapi.json`. */
export function openApiRoutes(app: Hono<DeskEnv>, { version }: RouteDeps): void {
  // Made when it is first asked for: few ask, and every start would wait for it.
  let document: string | undefined;
  app.get('/api/openapi.json', (c) => {
    document ??= JSON.stringify(openApiDocument(version));
    return c.body(document, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  });
}
