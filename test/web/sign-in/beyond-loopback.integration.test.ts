import { afterEach, describe, expect, it } from 'vitest';
import { people, type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';
import { createUserAgent } from '#test/web/sign-in/user-agent.ts';
import { startDeskServer } from '#web/server.ts';

let signed: SignedDesk | undefined;
afterEach(async () => {
  await signed?.close();
  signed = undefined;
});
const log = { info() {}, warn() {}, error() {} };

describe('a desk beyond loopback', () => {
  it.each([
    ['no proxy is trusted', { trustedProxy: false }],
    ['people reach it in plain text', { origin: 'http://desk.contoso.example' }],
  ])('is refused where %s', async (_what, change) => {
    signed = await startSignedDesk();
    const started = await startDeskServer({
      data: signed.data,
      signIn: { ...signed.signIn, ...change },
      host: '0.0.0.0',
      port: 0,
      log,
      now: Date.now,
      version: 'x',
    });
    expect(started).toEqual({ ok: false, reason: 'address-not-allowed' });
  });

  it('serves people behind its proxy, and refuses what did not come over TLS', async () => {
    signed = await startSignedDesk({ server: { host: '0.0.0.0' } });
    expect(signed.desk.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const agent = createUserAgent();
    const { answer } = await agent.signIn(`${signed.origin}/`, people.responder);
    expect(answer.status).toBe(200);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    for (const headers of [
      { 'x-forwarded-proto': 'http' },
      { 'x-forwarded-proto': 'https, http' },
      { 'x-forwarded-proto': '' },
    ]) {
      signed.proxy.headers = headers;
      const plain = await agent.get(`${signed.origin}/api/emergencies`);
      expect([plain.status, plain.json()['code']]).toEqual([403, 'tls-required']);
    }
    await agent.close();
  });

  it('answers under its own name alone', async () => {
    signed = await startSignedDesk();
    const agent = createUserAgent();
    signed.proxy.headers = { 'x-forwarded-proto': 'https', host: 'evil.example' };
    const foreign = await agent.get(`${signed.origin}/health/live`);
    expect(foreign.status).toBe(421);
    await agent.close();
  });
});

describe('headers of a proxy', () => {
  it('mean nothing where no proxy is trusted: attempts count for the connection', async () => {
    signed = await startSignedDesk({ signIn: { trustedProxy: false, attemptsPerMinute: 3 } });
    const agent = createUserAgent();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      signed.proxy.headers = { 'x-forwarded-for': `10.0.0.${attempt}` };
      expect((await agent.get(`${signed.origin}/sign-in`)).status).toBe(302);
    }
    signed.proxy.headers = { 'x-forwarded-for': '10.0.0.9' };
    expect((await agent.get(`${signed.origin}/sign-in`)).status).toBe(429);
    await agent.close();
  });

  it('tell people apart where one is', async () => {
    signed = await startSignedDesk({ signIn: { attemptsPerMinute: 1 } });
    const agent = createUserAgent();
    const from = async (address: string) => {
      if (signed !== undefined) signed.proxy.headers = { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' };
      return (await agent.get(`${signed?.origin}/sign-in`)).status;
    };
    expect(await from('10.0.0.1')).toBe(302);
    expect(await from('10.0.0.1')).toBe(429);
    expect(await from('10.0.0.2')).toBe(302);
    // What was sent to the proxy stands before what it saw.
    expect(await from('1.2.3.4, 10.0.0.2')).toBe(429);
    await agent.close();
  });
});
