import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { people, type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';
import { createUserAgent, type UserAgent } from '#test/web/sign-in/user-agent.ts';

let signed: SignedDesk;
let browser: UserAgent;
beforeAll(async () => {
  signed = await startSignedDesk({ signIn: { attemptsPerMinute: 10_000 } });
});
afterAll(() => signed.close());
beforeEach(() => {
  browser = createUserAgent();
  signed.looks.length = 0;
});
afterEach(() => browser.close());

const url = (path: string) => `${signed.origin}${path}`;
const session = () => [...(browser.jar.get(signed.origin) ?? [])].find(([name]) => name.endsWith('tocsin-session'));

describe('signing in', () => {
  it('goes by Entra with PKCE, state and nonce, and comes back to the page that was asked for', async () => {
    const { answer, way } = await browser.signIn(url('/watch?hours=1'), people.responder);
    expect(answer.status).toBe(200);
    expect(way[0]).toBe(url('/watch?hours=1'));
    expect(way.at(-1)).toBe(url('/watch?hours=1'));
    const authorize = new URL(way.find((at) => at.includes('/authorize')) ?? '');
    expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: url('/signed-in'),
      scope: 'openid profile',
    });
    expect(answer.text).toContain('data-person="Rae Responder"');
    const cookie = browser.setCookies.findLast((text) => text.startsWith('__Host-tocsin-session=')) ?? '';
    expect(cookie).toMatch(/; Path=\//);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; Secure/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(signed.looks.map(({ kind }) => kind)).toContain('session-started');
  });
});

describe('what does not sign anybody in', () => {
  const toCallback = async () =>
    browser.until(url('/'), people.responder, (at) => at.startsWith(url('/signed-in?')) && at.includes('code='));

  it('is a code that was used already', async () => {
    const callback = await toCallback();
    const attempt = new Map(browser.jar.get(signed.origin));
    expect((await browser.get(callback)).status).toBe(303);
    // Even with the cookie of the attempt restored and the session gone.
    browser.jar.set(signed.origin, attempt);
    const again = await browser.get(callback);
    expect(again.status).toBe(400);
    expect(again.text).toContain('You were not signed in');
    expect(session()).toBeUndefined();
  });

  it('is a code in a browser that did not ask for it', async () => {
    const callback = await toCallback();
    const victim = createUserAgent();
    expect((await victim.get(callback)).status).toBe(400);
    expect([...(victim.jar.get(signed.origin)?.keys() ?? [])]).toEqual([]);
    await victim.close();
  });

  it('is a code of another attempt, though both are of this browser', async () => {
    const first = new URL(await toCallback());
    const second = new URL(await toCallback());
    second.searchParams.set('code', first.searchParams.get('code') ?? '');
    expect((await browser.get(second.href)).status).toBe(400);
    expect(session()).toBeUndefined();
  });

  it.each([
    ['another issuer', (at: URL) => at.searchParams.set('iss', 'https://login.evil.example/v2.0')],
    [
      'another state',
      (at: URL) => at.searchParams.set('state', `${at.searchParams.get('state')?.slice(0, 8)}${'A'.repeat(35)}`),
    ],
    ['two states', (at: URL) => at.searchParams.append('state', at.searchParams.get('state') ?? '')],
    ['no code', (at: URL) => at.searchParams.delete('code')],
    ['an invented code', (at: URL) => at.searchParams.set('code', 'invented')],
  ])('is %s', async (_what, change) => {
    const callback = new URL(await toCallback());
    change(callback);
    const answer = await browser.get(callback.href);
    expect(answer.status).toBe(400);
    expect(session()).toBeUndefined();
  });

  it('is a person who says no at Entra', async () => {
    const callback = new URL(await toCallback());
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    callback.searchParams.set('error_description', '<script>alert(1)</script>');
    const answer = await browser.get(callback.href);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('did not sign you in');
    expect(answer.text).not.toContain('<script>');
  });

  it('is a person without a role, who is told who can help', async () => {
    const { answer } = await browser.signIn(url('/'), people.nobody);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('You are Norman Nobody.');
    expect(answer.text).toContain('Ask the service desk, extension 4711.');
    expect(answer.text).toContain('An administrator of your Microsoft Entra ID');
    expect(session()).toBeUndefined();
  });
});

describe('where a sign-in leads', () => {
  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/%2f/evil.example'.replace('%2f', '/'),
    'javascript:alert(1)',
    '/sign-in?to=/',
    '/api/emergencies',
    '/nothing/here',
    '/\t/evil.example',
    '/..//evil.example',
    'x'.repeat(2000),
  ])('is the board for %j', async (to) => {
    const { url: at } = await browser.signIn(url(`/sign-in?to=${encodeURIComponent(to)}`), people.responder);
    expect(at).toBe(url('/'));
  });
});

describe('a session', () => {
  it('is needed for every page and every answer, and pages lead to the sign-in', async () => {
    const page = await browser.get(url('/audit?record=7'));
    expect([page.status, page.headers['location']]).toEqual([302, '/sign-in?to=%2Faudit%3Frecord%3D7']);
    const api = await browser.get(url('/api/emergencies'));
    expect([api.status, api.json()['code']]).toEqual([401, 'sign-in-required']);
    expect((await browser.get(url('/api/stream'))).status).toBe(401);
    expect((await browser.get(url('/metrics'))).status).toBe(401);
    expect((await browser.get(url('/nothing'))).status).toBe(302);
    expect((await browser.get(url('/health/ready'))).status).toBe(200);
    expect((await browser.get(url('/assets/base.css'))).status).toBe(200);
  });

  it('begins with a new identifier at every sign-in, and the one before is over', async () => {
    await browser.signIn(url('/'), people.responder);
    const [name = '', first = ''] = session() ?? [];
    await browser.signIn(url('/sign-in'), people.responder);
    const [, second = ''] = session() ?? [];
    expect(second).not.toBe(first);
    browser.jar.get(signed.origin)?.set(name, first);
    expect((await browser.get(url('/api/session'))).status).toBe(401);
    browser.jar.get(signed.origin)?.set(name, second);
    expect((await browser.get(url('/api/session'))).status).toBe(200);
  });

  it('is refused when anything in its cookie was altered', async () => {
    await browser.signIn(url('/'), people.responder);
    const [name = '', good = ''] = session() ?? [];
    const parts = good.split('.');
    const flip = (text: string) => `${text.slice(0, 4)}${text[4] === 'A' ? 'B' : 'A'}${text.slice(5)}`;
    const wrong = [
      ...[0, 2, 3, 4].map((at) => parts.map((part, index) => (index === at ? flip(part) : part)).join('.')),
      good.slice(0, -4),
      '',
      'a.b.c.d.e',
      'x'.repeat(4000),
    ];
    for (const value of wrong) {
      browser.jar.get(signed.origin)?.set(name, value);
      expect((await browser.get(url('/api/session'))).status, value).toBe(401);
    }
    browser.jar.get(signed.origin)?.set(name, good);
    expect((await browser.get(url('/api/session'))).status).toBe(200);
  });

  it('does not begin with the sealed cookie of an attempt', async () => {
    await browser.until(url('/'), people.responder, (at) => at.includes('/authorize'));
    const [, attempt = ''] =
      [...(browser.jar.get(signed.origin) ?? [])].find(([name]) => name.includes('sign-in')) ?? [];
    expect(attempt).not.toBe('');
    browser.jar.get(signed.origin)?.set('__Host-tocsin-session', attempt);
    expect((await browser.get(url('/api/session'))).status).toBe(401);
  });

  it('ends at a sign-out, for a copied cookie as well, and at the identity provider', async () => {
    await browser.signIn(url('/'), people.responder);
    const [name = '', cookie = ''] = session() ?? [];
    const { next } = (await browser.act(url('/api/sign-out'), {})).json() as { next: string };
    expect(next).toMatch(/^https:\/\/localhost:\d+\/[^?]+\/logout\?/);
    expect(session()).toBeUndefined();
    const out = await browser.signIn(next, people.responder);
    expect(out.url).toBe(url('/signed-out'));
    expect(out.answer.text).toContain('You are signed out');
    browser.jar.get(signed.origin)?.set(name, cookie);
    expect((await browser.get(url('/api/session'))).status).toBe(401);
    expect(signed.looks.map(({ kind }) => kind)).toContain('session-ended');
    // Entra asks again: its own session is over.
    browser.jar.delete(signed.origin);
    const at = await browser.until(url('/'), people.responder, (to) => to.includes('/signin/'));
    expect(at).toContain('/signin/');
  });

  it('cannot be ended by a page of another site', async () => {
    await browser.signIn(url('/'), people.responder);
    const forged = await browser.post(url('/api/sign-out'), '{}', { 'content-type': 'text/plain' });
    expect(forged.status).toBe(403);
    const origin = await browser.post(url('/api/sign-out'), '{}', {
      'content-type': 'application/json',
      'x-tocsin-request': '1',
      origin: 'https://evil.example',
    });
    expect(origin.status).toBe(403);
    expect((await browser.get(url('/api/session'))).status).toBe(200);
  });

  it('says nothing of anybody, and no secret, in the log', async () => {
    const callback = await browser.until(url('/'), people.responder, (at) => at.startsWith(url('/signed-in?')));
    await browser.get(callback);
    await browser.get(`${callback}&x=1`);
    const secrets = [
      new URL(callback).searchParams.get('code') ?? '',
      new URL(callback).searchParams.get('state') ?? '',
      session()?.[1] ?? '',
      people.responder.name,
      people.responder.upn,
      people.responder.id,
    ];
    expect(signed.logged.some((line) => line.includes('signed in'))).toBe(true);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(5);
      expect(signed.logged.filter((line) => line.includes(secret))).toEqual([]);
    }
  });
});
