import type { Context } from 'hono';
import type { ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type { DeskEnv } from '#web/deps.ts';
import { problem } from '#web/problem.ts';

/** `X-Tocsin-Client` is what a client claims to be; a page of the desk is known by what its browser says. */
export function actedFrom(c: Context): ActedFrom {
  const client = c.req.header('x-tocsin-client');
  if (client === 'cli') return 'cli';
  return client === 'desk' || c.req.header('sec-fetch-site') === 'same-origin' ? 'desk' : 'api';
}

export type ActedBy =
  | { readonly ok: true; readonly by: string; readonly proved?: ProvedPerson }
  | { readonly ok: false; readonly response: Response };

/**
 * Who acts: whoever is signed in, else the name that is claimed. A claim that differs from who is signed in is refused rather than passed over: whoever sent
 * it believes that it will be recorded. A command may give the name of its user without the mark.
 */
export function actedBy(c: Context<DeskEnv>, claimed: string | undefined): ActedBy {
  const proved = c.get('viewer')?.person;
  if (proved === undefined) {
    if (claimed !== undefined) return { ok: true, by: claimed };
    return {
      ok: false,
      response: problem('invalid-body', { members: { problems: [{ at: 'by', problem: 'must say who acts' }] } }),
    };
  }
  const own = [proved.name, ...(proved.how === 'local-key' ? [proved.name.replace(/^cli:/, '')] : [])];
  if (claimed !== undefined && !own.includes(claimed))
    return { ok: false, response: problem('not-you', { detail: `You are signed in as ${proved.name}.` }) };
  return { ok: true, by: proved.name, proved };
}
