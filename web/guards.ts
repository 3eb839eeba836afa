import type { MiddlewareHandler } from 'hono';
import { problem } from '#web/problem.ts';

/** Everything comes from the desk itself; nothing inline, no frames, no forms that leave. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** Headers of every answer, errors included (OWASP Secure Headers Project; CSP Level 3). */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    headers.set('Content-Security-Policy', contentSecurityPolicy);
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-Frame-Options', 'DENY');
    headers.set('Referrer-Policy', 'no-referrer');
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
    headers.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  };
}

/**
 * Refuses a `Host` that is not the desk's own: a foreign name that resolves to this machine (DNS rebinding) would let another site read the answers.
 */
export function hostGuard(hosts: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host')?.toLowerCase();
    if (host === undefined || !hosts().includes(host)) return problem('wrong-host');
    return next();
  };
}

/** Refuses data to other sites' pages, and acts to anything that a page of another site could send. GET and HEAD never change anything. */
export function crossSiteGuard(origins: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return problem('cross-site');
    const origin = c.req.header('origin')?.toLowerCase();
    if (origin !== undefined && !origins().includes(origin)) return problem('cross-site');
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    if (c.req.header('x-tocsin-request') !== '1') return problem('request-header-missing');
    if (isWithoutBody(c.req.raw.headers)) return next();
    if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(c.req.header('content-type') ?? ''))
      return problem('unsupported-media-type');
    return next();
  };
}

/** Nothing is sent, and nothing is said about it (RFC 9112, 6.3): the header of our own is what a page of another site cannot send. */
function isWithoutBody(headers: Headers): boolean {
  return (
    !headers.has('content-type') && !headers.has('transfer-encoding') && (headers.get('content-length') ?? '0') === '0'
  );
}
