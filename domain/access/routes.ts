import type { Permission } from '#domain/access/roles.ts';

/** Whom an address is for: `everybody`, `signed-in` (any role), or whoever has the permission. */
export type Need = 'everybody' | 'signed-in' | Permission;

export interface RouteRule {
  readonly method: 'GET' | 'POST';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly need: Need;
}

const get = (path: string, need: Need): RouteRule => ({ method: 'GET', path, need });
const post = (path: string, need: Need): RouteRule => ({ method: 'POST', path, need });

/** Every address of the desk and whom it is for: the one closed table. What is not in it is for nobody. */
export const routeRules: readonly RouteRule[] = [
  // Whether the process answers: a status and a word.
  get('/health/live', 'everybody'),
  get('/health/ready', 'everybody'),
  get('/health/startup', 'everybody'),
  // Scripts and styles; nothing of the tenant is in them.
  get('/assets/{name}', 'everybody'),
  get('/favicon.ico', 'everybody'),
  get('/sign-in', 'everybody'),
  get('/signed-in', 'everybody'),
  get('/signed-out', 'everybody'),
  // Who is not signed in may end what is left of a session.
  post('/api/sign-out', 'everybody'),

  get('/signed-in-again', 'signed-in'),
  get('/api/session', 'signed-in'),
  get('/api/openapi.json', 'signed-in'),
  get('/', 'calls.see'),
  get('/emergencies/{id}', 'calls.see'),
  get('/api/emergencies', 'calls.see'),
  get('/api/emergencies/{id}', 'calls.see'),
  get('/api/stream', 'calls.see'),
  // A browser says that it is there; only those of people who can act count as heard.
  post('/api/desks', 'calls.see'),
  post('/api/emergencies/{id}/acknowledge', 'calls.act'),
  post('/api/emergencies/{id}/resolve', 'calls.act'),

  get('/audit', 'record.read'),
  get('/api/audit', 'record.read'),
  get('/api/audit/counts', 'record.read'),
  get('/api/audit/{id}', 'record.read'),
  // Reads, but with a person in the body.
  post('/api/audit/caller', 'persons.search'),
  post('/api/audit/caller/counts', 'persons.search'),
  // A person in the body, too; the first only counts.
  post('/api/erasures/preview', 'persons.erase'),
  post('/api/erasures', 'persons.erase'),

  get('/watch', 'health.see'),
  get('/admin', 'health.see'),
  get('/api/watch', 'health.see'),
  get('/api/health', 'health.see'),
  get('/metrics', 'health.see'),

  get('/api/projections', 'operation.see'),
  get('/api/projections/{name}/digest', 'operation.see'),
  get('/api/credentials', 'operation.see'),
  get('/api/subscriptions', 'operation.see'),
  get('/api/quarantine', 'operation.see'),
  post('/api/quarantine/{id}/publish', 'operation.act'),
  post('/api/projections/{name}/rebuild', 'operation.act'),
  post('/api/credentials/{id}/sign-in', 'operation.act'),
  post('/api/credentials/{id}/sign-in/address', 'operation.act'),
  post('/api/credentials/{id}/revoke', 'operation.act'),
  post('/api/subscriptions/{id}/renew', 'operation.act'),
  post('/api/subscriptions/{id}/recreate', 'operation.act'),
  // Everything of the two above at once, for good.
  post('/api/leaving', 'operation.act'),
  // Temporal's histories in plain words, for its pages.
  post('/api/payloads/decode', 'operation.act'),
];

/** What the table says of a request; `HEAD` is as `GET`. */
export type RouteAnswer =
  /** All of these must be met: more than one where an address is also an instance of a pattern. */
  | { readonly known: true; readonly needs: readonly Need[] }
  | { readonly known: false; readonly allow: readonly string[] };

interface Compiled extends RouteRule {
  readonly pattern: RegExp;
}

const compiled: readonly Compiled[] = routeRules.map((rule) => ({
  ...rule,
  pattern: new RegExp(`^${rule.path.replaceAll(/[.?*+^$()[\]|\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** @param path as the router matches it: without query */
export function ruleOf(method: string, path: string): RouteAnswer {
  const asked = method === 'HEAD' ? 'GET' : method;
  const rules = compiled.filter(({ pattern }) => pattern.test(path));
  const needs = rules.filter((rule) => rule.method === asked).map(({ need }) => need);
  if (needs.length > 0) return { known: true, needs };
  return { known: false, allow: [...new Set(rules.map((rule) => rule.method))] };
}
