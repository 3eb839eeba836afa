import type { Hono } from 'hono';
import type { DeskEnv } from '#web/deps.ts';
import { problem } from '#web/problem.ts';

/** Added last: known addresses that are asked with another method say which ones they take (RFC 9110 section 15.5.6). */
export function methodRoutes(app: Hono<DeskEnv>): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, known] of methods) {
    const allow = [...known, ...(known.has('GET') ? ['HEAD'] : [])].join(', ');
    app.all(path, () => problem('method-not-allowed', { headers: { Allow: allow } }));
  }
}
