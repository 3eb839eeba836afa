import { describe, expect, it } from 'vitest';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import { loadAssets } from '#web/assets.ts';
import { openApiDocument, operations } from '#web/openapi-document.ts';
import { createProbeApp } from '#web/probe-app.ts';
import { deskCountsSchema, healthSchema, problemSchema } from '#web/schema-answers.ts';

const nowhere = '00000000-0000-4000-8000-000000000000';

describe('pages', () => {
  it.each(['/', '/?view=wall', '/audit', '/audit?record=%3Cscript%3E', '/watch', '/admin'])(
    '%s is a shell without data or inline script',
    async (path) => {
      const { data, get } = createDeskFixture({ title: '<b>Contoso</b>' });
      data.raise({ caller: { name: '<img src=x onerror=alert(1)>' } });
      const answer = await get(path);
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>[^<]/);
      expect(text).not.toMatch(/(src|href)="https?:/);
      expect(text).not.toMatch(/ style=| on[a-z]+=/);
      expect(text).not.toContain('<img');
      expect(text).toContain('&lt;b&gt;Contoso&lt;/b&gt;');
      expect(text).toContain('role="alert"');
    },
  );

  it('has every file that it names', async () => {
    const { get } = createDeskFixture();
    for (const path of ['/', '/audit', '/watch', '/admin', `/emergencies/${nowhere}`]) {
      const text = await (await get(path)).text();
      const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '');
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) expect((await get(file)).status, file).toBe(200);
    }
  });

  it('shows an emergency that is there, and says so plainly where there is none', async () => {
    const { data, get } = createDeskFixture();
    const { id } = data.raise();
    expect((await get(`/emergencies/${id}`)).status).toBe(200);
    const missing = await get(`/emergencies/${nowhere}`);
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain('There is no such emergency');
  });

  it.each([
    '/..%2f..%2fpackage.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/board.ts',
    '/assets/__proto__',
    '/nothing',
    '/api/nothing',
  ])('has nothing at %s', async (path) => {
    const { get } = createDeskFixture();
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(problemSchema.parse(await answer.json()).code).toBe('not-found');
  });
});

describe('scripts', () => {
  it('are JavaScript whose imports are scripts too', async () => {
    const { get } = createDeskFixture();
    const answer = await get('/assets/board.js');
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(text).not.toMatch(/\binterface |: string\b|import type/);
    const imports = [...text.matchAll(/from '\.\/([\w-]+\.\w+)'/g)].map(([, file]) => file ?? '');
    expect(imports.length).toBeGreaterThan(3);
    for (const file of imports) expect((await get(`/assets/${file}`)).status, file).toBe(200);
  });

  it('are made without a word on stderr', async () => {
    const warnings: string[] = [];
    const listener = (warning: Error) => warnings.push(warning.message);
    const { emitWarning } = process;
    process.on('warning', listener);
    expect(loadAssets().get('board.js')).toBeDefined();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
    expect(process.emitWarning).toBe(emitWarning);
  });

  it('are not sent again while they are unchanged', async () => {
    const { get } = createDeskFixture();
    const etag = (await get('/assets/base.css')).headers.get('etag') ?? '';
    const again = await get('/assets/base.css', { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('methods', () => {
  it.each([
    ['DELETE', '/api/emergencies', 'GET, HEAD'],
    ['PUT', '/', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
  ])('%s %s says which ones there are', async (method, path, allow) => {
    const { app } = createDeskFixture();
    const answer = await app.request(`http://127.0.0.1:8080${path}`, {
      method,
      headers: { host: '127.0.0.1:8080', 'x-tocsin-request': '1', 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it('GET never acts', async () => {
    const { data, get } = createDeskFixture();
    const { id } = data.raise();
    for (const act of ['acknowledge', 'resolve']) {
      const answer = await get(`/api/emergencies/${id}/${act}?by=A`, {
        'x-tocsin-request': '1',
        'content-type': 'application/json',
      });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
    }
    expect((await data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
  });
});

describe('probes and health', () => {
  it('say nothing but whether', async () => {
    const { data, get } = createDeskFixture();
    data.raise();
    expect([(await get('/health/live')).status, (await get('/health/ready')).status]).toEqual([200, 200]);
    data.setReady(false);
    expect([
      (await get('/health/live')).status,
      (await get('/health/ready')).status,
      (await get('/health/startup')).status,
    ]).toEqual([200, 503, 503]);
    expect(await (await get('/health/ready')).text()).toBe('not ready\n');
  });

  it('serve metrics for Prometheus, the desks among them', async () => {
    const { get, post } = createDeskFixture();
    await post('/api/desks', { desk: nowhere, sound: 'armed' });
    const answer = await get('/metrics');
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    expect(text).toContain('tocsin_fake 1\n');
    expect(text).toContain('tocsin_desks{sound="armed"} 1\n');
    for (const line of text.split('\n')) expect(line).toMatch(/^$|^# (HELP|TYPE) |^[a-z_]+(\{[^}]*\})? [\d.]+$/);
  });

  it('say that no desk can be heard until one is armed, and forget desks that went away', async () => {
    let now = Date.parse('2026-08-28T12:00:00Z');
    const { get, post } = createDeskFixture({ now: () => now });
    const desks = async () =>
      healthSchema.parse(await (await get('/api/health')).json()).rows.find((row) => row.name === 'Desks');
    expect(await desks()).toMatchObject({ state: 'warning', word: 'No desk is open' });
    await post('/api/desks', { desk: nowhere, sound: 'off' });
    expect(await desks()).toMatchObject({ state: 'warning', word: 'No open desk can be heard' });
    const counts = deskCountsSchema.parse(await (await post('/api/desks', { desk: nowhere, sound: 'armed' })).json());
    expect(counts).toEqual({ open: 1, armed: 1, muted: 0 });
    expect(await desks()).toMatchObject({ state: 'ok' });
    now += 61_000;
    expect(await desks()).toMatchObject({ word: 'No desk is open' });
    expect((await post('/api/desks', { desk: 'x', sound: 'armed' })).status).toBe(400);
  });

  it('serve a role without a desk as well', async () => {
    let ready = false;
    const app = createProbeApp({ ready: async () => ready, metrics: async () => 'tocsin_up 1\n' });
    expect((await app.request('/health/ready')).status).toBe(503);
    ready = true;
    expect((await app.request('/health/startup')).status).toBe(200);
    expect(await (await app.request('/metrics')).text()).toBe('tocsin_up 1\n');
    expect((await app.request('/')).status).toBe(404);
  });

  it('record a mute', async () => {
    const { post, logged } = createDeskFixture();
    await post('/api/desks', { desk: nowhere, sound: 'muted' });
    expect(logged).toEqual(['info: a desk was muted']);
  });
});

describe('the OpenAPI document', () => {
  it('describes every route for programs and no other', async () => {
    const { app, get } = createDeskFixture();
    const served = app.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/(api|health|metrics)/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...new Set(served)].sort());
    const document = await (await get('/api/openapi.json')).json();
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument('0.0.0-test'))));
  });

  it('says what may be asked and what may go wrong', () => {
    const document = JSON.parse(JSON.stringify(openApiDocument('1'))) as {
      paths: Record<
        string,
        Record<string, { parameters: { name: string }[]; responses: Record<string, unknown>; requestBody?: unknown }>
      >;
    };
    const list = document.paths['/api/emergencies']?.['get'];
    expect(list?.parameters.map((parameter) => parameter.name)).toEqual([
      'state',
      'since',
      'until',
      'test',
      'limit',
      'cursor',
    ]);
    const acknowledge = document.paths['/api/emergencies/{id}/acknowledge']?.['post'];
    expect(Object.keys(acknowledge?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '421',
      '500',
      '503',
    ]);
    expect(acknowledge?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { properties: { by: { type: 'string' } } } } },
    });
    expect(Object.keys(document.paths['/health/ready']?.['get']?.responses ?? {})).toContain('503');
  });

  it.each(operations.filter(({ method, body }) => method === 'post' && body === undefined))(
    'is right about $path, which takes no body',
    async ({ path, errors }) => {
      const { app } = createDeskFixture();
      const answer = await app.request(`http://127.0.0.1:8080${path.replaceAll(/\{\w+\}/g, 'x')}`, {
        method: 'POST',
        headers: { host: '127.0.0.1:8080', 'x-tocsin-request': '1' },
      });
      const problem = answer.ok ? undefined : problemSchema.parse(await answer.json()).code;
      expect(problem === undefined || (problem !== 'unsupported-media-type' && errors.includes(problem as never))).toBe(
        true,
      );
    },
  );
});
