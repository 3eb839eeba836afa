import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { openApiDocument } from '#web/openapi-document.ts';

/** `GET /api/openapi.json`. */
export function openApiRoutes(app: Hono<DeskEnv>, { version }: RouteDeps): void {
  const document = JSON.stringify(openApiDocument(version));
  app.get('/api/openapi.json', (c) => c.body(document, 200, { 'Content-Type': 'application/json; charset=utf-8' }));
}
