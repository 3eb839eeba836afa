import type { Hono, MiddlewareHandler } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { decodePath, type PayloadReader } from '#web/payloads.ts';

/** `POST /api/payloads/decode`, for Temporal's pages in a browser of somebody who may act. */
export function payloadRoutes(app: Hono<DeskEnv>, { payloads }: RouteDeps): void {
  if (payloads !== undefined) app.post(decodePath, (c) => payloads.decode(c.req.raw));
}

/** Whether a request comes from those pages: then it is let past what keeps other sites out. */
export function isFromPages(payloads: PayloadReader | undefined, path: string, origin: string | undefined): boolean {
  return payloads !== undefined && path === decodePath && origin === payloads.origin;
}

/** Answers preflights, which carry nobody's session, and lets those pages read a refusal (Fetch Standard, "CORS protocol"). */
export function pagesMayRead(payloads: PayloadReader): MiddlewareHandler {
  return async (c, next) => {
    if (!isFromPages(payloads, c.req.path, c.req.header('origin'))) return next();
    if (c.req.method === 'OPTIONS') return payloads.decode(c.req.raw);
    await next();
    c.res.headers.set('Access-Control-Allow-Origin', payloads.origin);
    c.res.headers.set('Access-Control-Allow-Credentials', 'true');
    c.res.headers.set('Vary', 'Origin');
    return undefined;
  };
}
