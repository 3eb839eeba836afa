import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import type { AuditRecord } from '#web/desk-data.ts';
import { auditCountsSchema, auditDetailSchema, auditRecordSchema, problemSchema } from '#web/schema-answers.ts';

const linesOf = async (answer: Response): Promise<AuditRecord[]> =>
  (await answer.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => auditRecordSchema.parse(JSON.parse(line)) as AuditRecord);

describe('GET /api/audit', () => {
  it('is one line for each event in log order, and can be walked page by page', async () => {
    const { data, get } = createDeskFixture();
    for (let call = 0; call < 5; call += 1) data.raise();
    const all: AuditRecord[] = [];
    let after = '';
    for (;;) {
      const answer = await get(`/api/audit?limit=3${after === '' ? '' : `&after=${after}`}`);
      expect(answer.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
      const page = await linesOf(answer);
      all.push(...page);
      if (page.length < 3) break;
      after = page.at(-1)?.position ?? '';
    }
    expect(all).toHaveLength(10);
    expect(all.map((one) => one.position)).toEqual(all.map((one) => one.position).sort());
  });

  it('goes on behind a position that is given as a number, in both directions', async () => {
    const { data, get } = createDeskFixture();
    for (let call = 0; call < 3; call += 1) data.raise();
    const positions = (await linesOf(await get('/api/audit'))).map(({ position }) => position);
    const second = String(Number(positions[1]));
    expect((await linesOf(await get(`/api/audit?after=${second}`))).map(({ position }) => position)).toEqual(
      positions.slice(2),
    );
    expect(
      (await linesOf(await get(`/api/audit?order=newest&after=${second}`))).map(({ position }) => position),
    ).toEqual(positions.slice(0, 1));
    expect(await linesOf(await get('/api/audit?after=0'))).toHaveLength(positions.length);
  });

  it('reads from the newest when asked to', async () => {
    const { data, get } = createDeskFixture();
    data.raise();
    const { id } = data.record('seal', 'Sealed', {});
    expect((await linesOf(await get('/api/audit?order=newest&limit=1')))[0]?.id).toBe(id);
  });

  it('filters by stream and type', async () => {
    const { data, get } = createDeskFixture();
    const { id } = data.raise();
    data.record('inbox-x-0', 'tocsin.probe', {});
    expect(await linesOf(await get(`/api/audit?stream=emergency-${id}`))).toHaveLength(1);
    expect(await linesOf(await get('/api/audit?type=tocsin.probe'))).toHaveLength(1);
    expect(await linesOf(await get(`/api/audit?emergency=${id}`))).toHaveLength(1);
  });

  it('is empty where nothing is', async () => {
    const { get } = createDeskFixture();
    const answer = await get('/api/audit');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it.each([
    'after=%00',
    'after=',
    'after=zzz',
    'after=-1',
    'limit=-1',
    'limit=1e9',
    'limit=1001',
    'order=up',
    'since=yesterday',
    'emergency=x',
    'x=1',
    'type=a%20b',
  ])('refuses %s', async (query) => {
    const { get } = createDeskFixture();
    const answer = await get(`/api/audit?${query}`);
    expect(answer.status).toBe(400);
    expect(problemSchema.parse(await answer.json()).code).toBe('invalid-query');
  });

  it('fails as a whole when the first record cannot be read, and is cut short when a later one cannot', async () => {
    const { data, get, logged } = createDeskFixture();
    for (let call = 0; call < 3; call += 1) data.raise();
    data.failNext('audit');
    expect((await get('/api/audit')).status).toBe(500);
    data.failNext('auditLater');
    await expect((await get('/api/audit')).text()).rejects.toThrow();
    expect(logged).toEqual(['error: a request failed', 'error: the audit record was cut short']);
  });

  it('reads no further than the reader does', async () => {
    const { data, get } = createDeskFixture();
    for (let count = 0; count < 1000; count += 1) data.record('inbox-x-0', 'tocsin.probe', { text: 'x'.repeat(2000) });
    const { page } = data.audit;
    let read = 0;
    const counting = {
      ...data.audit,
      async *page(query: Parameters<typeof page>[0]) {
        for await (const record of page(query)) {
          read += 1;
          yield record;
        }
      },
    };
    Object.assign(data, { audit: counting });
    const reader = (await get('/api/audit?limit=1000')).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(read).toBeLessThan(100);
  });
});

describe('POST /api/audit/caller', () => {
  it('finds what is about a caller and nothing else, however the name is written, with filters and counts', async () => {
    const { data, get, post, logged } = createDeskFixture();
    const { id } = data.raise({ caller: { name: 'Zoë Findable' } });
    data.raise();
    const found = await linesOf(await post('/api/audit/caller?order=newest&limit=5', { caller: '  ZOË  findable ' }));
    expect(found.map(({ stream }) => stream)).toEqual([`emergency-${id}`]);
    expect(await linesOf(await post('/api/audit/caller?type=tocsin.probe', { caller: 'Zoë Findable' }))).toEqual([]);
    expect(await linesOf(await post('/api/audit/caller', { caller: 'Zoë' }))).toEqual([]);
    const counts = await (await post('/api/audit/caller/counts', { caller: 'Zoë Findable' })).json();
    expect(auditCountsSchema.parse(counts)).toMatchObject({ total: 1, byStream: [{ name: `emergency-${id}` }] });
    expect((await get('/api/audit?caller=Zo')).status).toBe(400);
    expect(logged).toEqual([]);
  });

  it.each([
    ['nobody', {}],
    ['an empty text', { caller: ' \u200b ' }],
    ['control characters', { caller: 'a\u0000b' }],
    ['too long a text', { caller: 'x'.repeat(257) }],
    ['something else', { caller: 'Zoë Findable', stream: 'x' }],
  ])('refuses %s, and never repeats what was sent', async (_what, body) => {
    const { post } = createDeskFixture();
    for (const path of ['/api/audit/caller', '/api/audit/caller/counts']) {
      const answer = await post(path, body);
      const text = await answer.text();
      expect([answer.status, problemSchema.parse(JSON.parse(text)).code]).toEqual([400, 'invalid-body']);
      expect(text).not.toMatch(/Zoë|xxx|a\\u0000b/);
    }
    expect((await post('/api/audit/caller?caller=x', { caller: 'x' })).status).toBe(400);
  });

  it('logs nothing of it when the record cannot be read', async () => {
    const said: unknown[] = [];
    const say = (...all: readonly unknown[]) => void said.push(all);
    const { data, post } = createDeskFixture({ log: { info: say, warn: say, error: say } });
    data.failNext('audit');
    const answer = await post('/api/audit/caller', { caller: 'Zoë Findable' });
    expect([answer.status, said.length]).toEqual([500, 1]);
    expect(`${inspect(said, { depth: 9 })}${await answer.text()}`).not.toMatch(/findable/i);
  });
});

describe('one record', () => {
  it('comes with what caused it and what it caused', async () => {
    const { data, get } = createDeskFixture();
    const { id } = data.raise();
    const [raised] = await linesOf(await get(`/api/audit?stream=emergency-${id}`));
    const detail = auditDetailSchema.parse(await (await get(`/api/audit/${raised?.id}`)).json());
    expect(detail.causes.map((cause) => cause.type)).toEqual(['Microsoft.Graph.EmergencyCallEvent']);
    const cause = auditDetailSchema.parse(await (await get(`/api/audit/${detail.causes[0]?.id}`)).json());
    expect(cause.effects.map((effect) => effect.id)).toEqual([raised?.id]);
    expect((await get('/api/audit/nothing')).status).toBe(404);
  });

  it('is counted by type and stream', async () => {
    const { data, get } = createDeskFixture();
    data.raise();
    data.raise();
    const counts = auditCountsSchema.parse(await (await get('/api/audit/counts')).json());
    expect(counts.total).toBe(4);
    expect(counts.byType).toContainEqual({ name: 'EmergencyRaised', count: 2 });
    expect((await get('/api/audit/counts?limit=1')).status).toBe(400);
  });
});
