import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FinishResult } from '#ports/sign-in.ts';
import { createFakeSubscribing } from '#test/support/fake-subscribing.ts';
import { type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';

const subscribing = createFakeSubscribing();
const known: Readonly<Record<string, FinishResult>> = {
  'a.admin.1': person('Administrator'),
  'a.responder.1': person('Responder'),
  'a.nobody.1': person(),
  'a.away.1': { ok: false, reason: 'away', detail: 'Entra ID does not answer' },
};
function person(...roles: readonly string[]): FinishResult {
  const id = '7a0e0000-0000-4000-8000-000000000105';
  return { ok: true, person: { tenant: '11111111-2222-4333-8444-555555555555', id, name: 'Ada', roles } };
}
let signed: SignedDesk;
beforeAll(async () => {
  signed = await startSignedDesk({
    server: { subscribing },
    signIn: {
      commands: { person: async (token) => known[token] ?? { ok: false, reason: 'invalid', detail: 'forged' } },
    },
  });
});
afterAll(() => signed.close());

/** As a command on another machine: through the proxy, without a cookie. */
function post(path: string, token: string | undefined): Promise<number> {
  const headers = {
    ...{ 'content-type': 'application/json', 'x-tocsin-request': '1' },
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      `${signed.origin}${path}`,
      { method: 'POST', headers, rejectUnauthorized: false },
      (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asked.once('error', reject).end('{"why":"moving"}');
  });
}

describe('a command on another machine', () => {
  it('ends the watch with the token of somebody who may', async () => {
    expect(await post('/api/leaving', 'a.admin.1')).toBe(200);
    expect(subscribing.asked.splice(0)).toEqual(['leave']);
  });

  it.each([
    ['with the token of somebody who may not', 'a.responder.1', 403],
    ['with the token of somebody without a role', 'a.nobody.1', 403],
    ['with a forged token', 'a.forged.1', 401],
    ['without a token', undefined, 401],
    ['while nobody can tell whose token it is', 'a.away.1', 503],
  ])('ends nothing %s', async (_what, token, status) => {
    expect(await post('/api/leaving', token)).toBe(status);
    expect(subscribing.asked).toEqual([]);
  });

  it('may do nothing else with that token', async () => {
    expect(await post('/api/credentials/chat/revoke', 'a.admin.1')).toBe(401);
    expect(await post('/api/subscriptions/chat/recreate', 'a.admin.1')).toBe(401);
    expect(subscribing.asked).toEqual([]);
  });
});
