import { describe, expect, it } from 'vitest';
import type { ErrorEntry } from '#domain/errors.ts';
import { errorCodes } from '#domain/errors.ts';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import { allowedHosts, isLoopbackHost } from '#web/loopback.ts';
import { problemSchema } from '#web/schema-answers.ts';

const codeOf = async (answer: Response) => problemSchema.parse(await answer.json()).code;

describe('requests that a page of another site could send', () => {
  it.each([
    ['no header of ours', { 'x-tocsin-request': '' }, 403, 'request-header-missing'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
    ['a form and no header', { 'content-type': 'text/plain', 'x-tocsin-request': '' }, 403, 'request-header-missing'],
    ['JSON in disguise', { 'content-type': 'text/plain;application/json' }, 415, 'unsupported-media-type'],
    ['no type', { 'content-type': '' }, 415, 'unsupported-media-type'],
    ['a foreign origin', { origin: 'https://evil.example' }, 403, 'cross-site'],
    ['an opaque origin', { origin: 'null' }, 403, 'cross-site'],
    ['our origin over TLS', { origin: 'https://127.0.0.1:8080' }, 403, 'cross-site'],
    ['our host on another port', { origin: 'http://127.0.0.1:9999' }, 403, 'cross-site'],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }, 403, 'cross-site'],
    ['a browser that says same-site', { 'sec-fetch-site': 'same-site' }, 403, 'cross-site'],
  ])('refuses %s and changes nothing', async (_what, headers, status, code) => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const answer = await post(`/api/emergencies/${id}/acknowledge`, { by: 'mallory' }, headers);
    expect(answer.status).toBe(status);
    expect(await codeOf(answer)).toBe(code);
    expect((await data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
  });

  it('takes our own page and the usual spelling of the type', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const headers = {
      origin: 'http://127.0.0.1:8080',
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/json; charset=utf-8',
    };
    expect((await post(`/api/emergencies/${id}/acknowledge`, { by: 'A' }, headers)).status).toBe(200);
  });

  it('wants no type where nothing is sent, and one where something is', async () => {
    const { app } = createDeskFixture();
    const headers = { host: '127.0.0.1:8080', 'x-tocsin-request': '1' };
    const address = 'http://127.0.0.1:8080/api/projections/audit/rebuild';
    const post = (init: RequestInit, more: Record<string, string> = {}) =>
      app.request(address, { method: 'POST', ...init, headers: { ...headers, ...more } });
    expect((await post({})).status).toBe(404);
    expect((await post({}, { 'content-length': '0' })).status).toBe(404);
    const body = new Uint8Array([123, 125]);
    expect((await post({ body }, { 'content-length': '2' })).status).toBe(415);
    expect((await post({ body }, { 'transfer-encoding': 'chunked' })).status).toBe(415);
    expect((await app.request(address, { method: 'POST', headers: { host: headers.host } })).status).toBe(403);
  });

  it('gives no data to a page of another site', async () => {
    const { get } = createDeskFixture();
    expect((await get('/api/emergencies', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get('/api/stream', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get('/', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });
});

describe('the Host header', () => {
  it.each(['evil.example', 'evil.example:8080', '127.0.0.1', '127.0.0.1:80', '127.0.0.1:8080.evil.example', ''])(
    'refuses %j',
    async (host) => {
      const { get } = createDeskFixture();
      const answer = await get('/api/emergencies', { host });
      expect(answer.status).toBe(421);
      expect(await codeOf(answer)).toBe('wrong-host');
    },
  );

  it('takes the usual names of this machine, in any case', async () => {
    const { get } = createDeskFixture();
    expect((await get('/api/emergencies', { host: 'LOCALHOST:8080' })).status).toBe(200);
    expect(allowedHosts('127.0.0.1', 8080)).toEqual(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']);
    expect(allowedHosts('::1', 80)).toContain('[::1]');
  });
});

describe('addresses that only this machine reaches', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '::1', '[::1]'])('%s is one', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });
  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    '127.0.0.999',
    '1270.0.0.1',
    'localhost.evil.example',
    '',
  ])('%s is none', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('headers of every answer', () => {
  it.each([
    '/',
    '/audit',
    '/admin',
    '/emergencies/x',
    '/api/emergencies',
    '/api/emergencies/x',
    '/api/audit',
    '/health/live',
    '/metrics',
    '/assets/board.js',
    '/nothing',
  ])('%s lets nothing in from outside', async (path) => {
    const { get } = createDeskFixture();
    const { headers } = await get(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toMatch(path.startsWith('/assets/') ? /no-cache/ : /no-store/);
  });

  it('are there on a refused request as well', async () => {
    const { get } = createDeskFixture();
    expect((await get('/', { host: 'evil.example' })).headers.get('content-security-policy')).toContain(
      "default-src 'none'",
    );
  });
});

describe('what goes wrong inside', () => {
  it('is said without any detail, and logged with the same instance', async () => {
    const { data, get, logged } = createDeskFixture();
    data.failNext('list');
    const answer = await get('/api/emergencies');
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(problemSchema.parse(JSON.parse(text)).code).toBe('internal');
    expect(text).not.toContain('the fake was told');
    expect(logged).toEqual(['error: a request failed']);
  });
});

describe('the list of error codes', () => {
  it('says for each what happened and what to do', () => {
    for (const [code, entry] of Object.entries<ErrorEntry>(errorCodes)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(entry.status).toBeGreaterThanOrEqual(400);
      expect([1, 2, 69, 78]).toContain(entry.exit);
      expect(entry.remedy.length).toBeGreaterThan(20);
    }
  });
});
