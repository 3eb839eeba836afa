import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStream } from '#test/web/desk-fixture.ts';
import { people, type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';
import { createUserAgent, type UserAgent } from '#test/web/sign-in/user-agent.ts';

const minute = 60_000;
let signed: SignedDesk;
let browser: UserAgent;
beforeEach(async () => {
  signed = await startSignedDesk();
  browser = createUserAgent();
});
afterEach(async () => {
  await browser.close();
  await signed.close();
});
const url = (path: string) => `${signed.origin}${path}`;
const status = async () => (await browser.get(url('/api/session'))).status;
const cookie = () => browser.jar.get(signed.origin)?.get('__Host-tocsin-session') ?? '';

/** A live page over the desk's own port, as the proxy would pass it on. */
async function live() {
  const answer = await fetch(`${signed.desk.url}/api/stream`, {
    headers: { 'x-forwarded-proto': 'https', cookie: `__Host-tocsin-session=${cookie()}` },
  });
  expect(answer.status).toBe(200);
  const stream = readStream(answer);
  await stream.next('ping');
  return stream;
}

describe('the end of a session', () => {
  it('comes after an hour without use', async () => {
    await browser.signIn(url('/'), people.responder);
    signed.ahead = 59 * minute;
    expect(await status()).toBe(200);
    signed.ahead += 59 * minute;
    expect(await status()).toBe(200);
    signed.ahead += 61 * minute;
    expect(await status()).toBe(401);
  });

  it('comes twelve hours after the sign-in, whatever is done', async () => {
    await browser.signIn(url('/'), people.responder);
    for (let minutes = 30; minutes < 720; minutes += 30) {
      signed.ahead = minutes * minute;
      expect(await status(), `${minutes} minutes`).toBe(200);
    }
    signed.ahead = 720 * minute;
    expect(await status()).toBe(401);
  });

  it('is put off in the cookie itself, so that another process of the desk knows', async () => {
    await browser.signIn(url('/'), people.responder);
    const first = cookie();
    expect(await status()).toBe(200);
    expect(cookie()).toBe(first);
    signed.ahead = 6 * minute;
    expect(await status()).toBe(200);
    expect(cookie()).not.toBe(first);
    expect(browser.setCookies.at(-1)).toMatch(/Max-Age=428\d\d;/);
  });

  it('does not come to a live page for want of use, and comes an hour after it was closed', async () => {
    await browser.signIn(url('/'), people.responder);
    const stream = await live();
    signed.ahead = 180 * minute;
    // The browser never asked for anything in these three hours, and has the cookie of the beginning.
    expect(await status()).toBe(200);
    await stream.cancel();
    await expect.poll(() => signed.desk.data.listeners).toBe(0);
    signed.ahead += 61 * minute;
    expect(await status()).toBe(401);
  });

  it('takes live pages with it when somebody signs out', async () => {
    await browser.signIn(url('/'), people.responder);
    const stream = await live();
    const ended = stream.ended();
    await browser.act(url('/api/sign-out'), {});
    expect(await ended).toBe(true);
    await expect.poll(() => signed.desk.data.listeners).toBe(0);
  });
});

describe('a live page', () => {
  it('ends by itself with its session', async () => {
    await signed.close();
    signed = await startSignedDesk({ signIn: { absoluteMs: 1_500 } });
    await browser.signIn(url('/'), people.responder);
    const stream = await live();
    expect(await stream.ended()).toBe(true);
  });
});

describe('while the identity provider is away', () => {
  it('sessions go on, and nobody new gets in but is told so', async () => {
    await browser.signIn(url('/'), people.responder);
    await signed.entra.simulator.faults.start('unreachable');
    expect(await status()).toBe(200);
    const { id } = signed.data.raise();
    expect((await browser.act(url(`/api/emergencies/${id}/acknowledge`), {})).status).toBe(200);
    const other = createUserAgent();
    // The metadata is known, so the browser is sent there; a code that comes back cannot be redeemed.
    const begun = await other.get(url('/sign-in'));
    expect(begun.status).toBe(302);
    const state = new URL(String(begun.headers['location'])).searchParams.get('state');
    const back = await other.get(url(`/signed-in?code=x&state=${state}`));
    expect(back.status).toBe(503);
    expect(back.text).toContain('Nobody can sign in at the moment');
    expect(back.headers['retry-after']).toBe('30');
    await signed.entra.simulator.faults.stop('unreachable');
    expect((await other.signIn(url('/'), people.second)).answer.status).toBe(200);
    await other.close();
  });

  it('from the beginning, a plain page says so, and sign-ins work once it is there', async () => {
    await signed.entra.simulator.faults.start('unavailable');
    const away = await browser.get(url('/sign-in'));
    expect(away.status).toBe(503);
    expect(away.text).toContain('Nobody can sign in at the moment');
    await signed.entra.simulator.faults.stop('unavailable');
    expect((await browser.signIn(url('/'), people.responder)).answer.status).toBe(200);
    expect(signed.logged.join('\n')).toContain('the identity provider answered 503');
  });

  it('its clock being hours off signs nobody in', async () => {
    await signed.entra.simulator.faults.start('clock-skew');
    const { answer } = await browser.signIn(url('/'), people.responder);
    // Entra takes the desk's own proof for outdated, and says so with a number of its own.
    expect(answer.status).toBe(503);
    expect(signed.logged.join('\n')).toContain('AADSTS700024');
  });
});

describe('while the key store is away', () => {
  it('nobody is let in or taken for signed out, and the answers say so', async () => {
    await signed.close();
    const unavailable = async () => ({ ok: false, reason: 'unavailable', detail: 'the key store is away' }) as const;
    signed = await startSignedDesk({ signIn: { cookies: { seal: unavailable, open: unavailable } } });
    const page = await browser.get(url('/sign-in'));
    expect([page.status, page.text.includes('A service that is needed cannot be reached')]).toEqual([503, true]);
    const held = { cookie: '__Host-tocsin-session=a.b.c.d.e' };
    const api = await browser.get(url('/api/session'), held);
    expect([api.status, api.json()['code']]).toEqual([503, 'service-unreachable']);
    expect((await browser.get(url('/'), held)).status).toBe(503);
    expect(signed.logged.join('\n')).toContain('the key store is away');
  });
});

describe('too many sign-ins', () => {
  it('from one address are refused for the rest of the minute', async () => {
    await signed.close();
    signed = await startSignedDesk({ signIn: { attemptsPerMinute: 5 } });
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await browser.get(url('/sign-in'))).status).toBe(302);
    const refused = await browser.get(url('/sign-in'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.text).toContain('Too many sign-ins');
    // Whoever was let begin comes back, with a limit of its own: the code would be lost.
    const back = () => browser.get(url('/signed-in?code=x&state=y'));
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await back()).status).toBe(400);
    expect((await back()).status).toBe(429);
    signed.ahead = 61_000;
    expect((await browser.signIn(url('/'), people.responder)).answer.status).toBe(200);
  });
});
