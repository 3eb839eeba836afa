import type { Context, Hono } from 'hono';
import { assertNever } from '#kernel/assert-never.ts';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import type { AcknowledgeResult, EmergencyView, ResolveResult } from '#web/desk-data.ts';
import { readBody, readQuery } from '#web/input.ts';
import { problem } from '#web/problem.ts';
import { acknowledgeBodySchema, emergencyQuerySchema, idSchema, resolveBodySchema } from '#web/schema-input.ts';
import { actedBy, actedFrom } from '#web/sign-in/acted.ts';
import { readsFor } from '#web/sign-in/reads.ts';

/** Lists, shows, acknowledges and resolves emergencies. */
export function emergencyRoutes(app: Hono<DeskEnv>, { data, log, signIn }: RouteDeps): void {
  const reads = (c: Context<DeskEnv>) => readsFor(data, signIn, c.get('viewer'), actedFrom(c)).emergencies;

  app.get('/api/emergencies', async (c) => {
    const query = readQuery(c, emergencyQuerySchema);
    if (!query.ok) return query.response;
    const page = await reads(c).list(query.value);
    if (!page.ok)
      return problem('invalid-query', {
        members: { problems: [{ at: 'cursor', problem: 'not one that was handed out' }] },
      });
    const { items, next, position } = page;
    // Before anything was read it is the beginning, and whoever follows from there names none.
    return c.json({ items, ...(next === undefined ? {} : { next }), ...(position === '' ? {} : { position }) });
  });

  app.get('/api/emergencies/:id', async (c) => {
    const id = idSchema.safeParse(c.req.param('id'));
    const found = id.success ? await reads(c).get(id.data) : undefined;
    return found === undefined ? problem('emergency-not-found') : c.json({ ...found.emergency, story: found.story });
  });

  app.post('/api/emergencies/:id/acknowledge', async (c) => {
    const id = idSchema.safeParse(c.req.param('id'));
    if (!id.success) return problem('emergency-not-found');
    const body = await readBody(c, acknowledgeBodySchema);
    if (!body.ok) return body.response;
    const who = actedBy(c, body.value.by);
    if (!who.ok) return who.response;
    return answer(c, await data.acknowledge(id.data, { ...actorOf(who), from: actedFrom(c) }));
  });

  app.post('/api/emergencies/:id/resolve', async (c) => {
    const id = idSchema.safeParse(c.req.param('id'));
    if (!id.success) return problem('emergency-not-found');
    const body = await readBody(c, resolveBodySchema);
    if (!body.ok) return body.response;
    const who = actedBy(c, body.value.by);
    if (!who.ok) return who.response;
    return answer(c, await data.resolve(id.data, { ...body.value, ...actorOf(who), from: actedFrom(c) }));
  });

  function answer(c: Context<DeskEnv>, result: AcknowledgeResult | ResolveResult): Response {
    // Who acts sees the whole call, who comes too late as well.
    const person = c.get('viewer')?.person;
    if ('emergency' in result && person !== undefined)
      signIn?.access.record({ kind: 'emergency', person, over: actedFrom(c), emergency: result.emergency.id });
    if (result.ok) return c.json(result.emergency);
    switch (result.reason) {
      case 'not-found':
        return problem('emergency-not-found');
      case 'already-acknowledged':
        return problem('already-acknowledged', { detail: heldBy(result.emergency), members: who(result.emergency) });
      case 'resolved':
        return problem('already-resolved', { detail: resolvedBy(result.emergency), members: who(result.emergency) });
      case 'unavailable':
        log.error({ detail: result.detail }, 'an act could not be recorded');
        return problem('log-unavailable', {
          detail: 'Nothing was recorded. Act on the call, and try again.',
          headers: { 'Retry-After': '2' },
        });
      case 'outcome-unknown':
        log.error({ detail: result.detail }, 'what became of an act is not known');
        return problem('outcome-unknown', { headers: { 'Retry-After': '2' } });
      default:
        return assertNever(result);
    }
  }
}

function actorOf({ by, proved }: Extract<ReturnType<typeof actedBy>, { ok: true }>) {
  return { by, ...(proved === undefined ? {} : { proved }) };
}

function who(emergency: EmergencyView) {
  const { acknowledged, resolved } = emergency;
  return {
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(resolved === undefined ? {} : { resolved }),
    emergency,
  };
}

function heldBy({ acknowledged }: EmergencyView): string {
  return acknowledged === undefined ? 'Somebody was first.' : `${acknowledged.by} has it since ${acknowledged.at}.`;
}

function resolvedBy({ resolved }: EmergencyView): string {
  return resolved === undefined
    ? 'It is resolved.'
    : `${resolved.by} resolved it at ${resolved.at} as ${resolved.disposition}.`;
}
