import type { Hono } from 'hono';
import { assertNever } from '#kernel/assert-never.ts';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import type { EraseResult } from '#web/erasing.ts';
import { readBody } from '#web/input.ts';
import { problem } from '#web/problem.ts';
import { callerBodySchema, eraseBodySchema } from '#web/schema-input.ts';
import { actedBy, actedFrom } from '#web/sign-in/acted.ts';

/** Erases persons for good. The person stands in the body: addresses end in logs and histories. */
export function erasureRoutes(app: Hono<DeskEnv>, { erasing, data, signIn, log }: RouteDeps): void {
  if (erasing === undefined) return;
  app.post('/api/erasures/preview', async (c) => {
    const body = await readBody(c, callerBodySchema);
    if (!body.ok) return body.response;
    const person = c.get('viewer')?.person;
    // It tells whether and how often that person called: a search like any other.
    if (person !== undefined) {
      const callerToken = data.callerToken(body.value.caller);
      signIn?.access.record({ kind: 'search', person, over: actedFrom(c), callerToken });
    }
    const { ok, ...result } = await erasing.preview(body.value.caller);
    return ok ? c.json(result) : notErased({ ok, ...result } as Extract<EraseResult, { ok: false }>);
  });

  app.post('/api/erasures', async (c) => {
    const body = await readBody(c, eraseBodySchema);
    if (!body.ok) return body.response;
    const who = actedBy(c, body.value.by);
    if (!who.ok) return who.response;
    const { by, proved } = who;
    const act = { by, from: actedFrom(c), ...(proved === undefined ? {} : { proved }) };
    const result = await erasing.erase(body.value.caller, body.value.extent, act);
    if (!result.ok) return notErased(result);
    log.warn({ keys: result.keys, left: result.left }, 'a person was erased');
    return c.json({ keys: result.keys, left: result.left });
  });

  function notErased({ reason, detail }: Extract<EraseResult, { ok: false }>): Response {
    switch (reason) {
      case 'refused':
        return problem('refused', { detail });
      case 'not-ready':
        return problem('not-ready', { detail });
      case 'unavailable':
        log.error({ detail }, 'a person could not be erased');
        return problem('log-unavailable', { detail, headers: { 'Retry-After': '2' } });
      default:
        return assertNever(reason);
    }
  }
}
