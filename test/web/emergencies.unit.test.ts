import { describe, expect, it } from 'vitest';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import { emergencyPageSchema, emergencySchema, emergencyWithStorySchema, problemSchema } from '#web/schema-answers.ts';

const nowhere = '00000000-0000-4000-8000-000000000000';

describe('GET /api/emergencies', () => {
  it('lists the newest first, with the position up to which the list is complete', async () => {
    const { data, get } = createDeskFixture();
    const first = data.raise();
    const second = data.raise();
    const answer = await get('/api/emergencies');
    const page = emergencyPageSchema.parse(await answer.json());
    expect(answer.status).toBe(200);
    expect(page.items.map((item) => item.id)).toEqual([second.id, first.id]);
    expect(page.position).not.toBe('');
    expect(page).not.toHaveProperty('next');
  });

  it('names no position while nothing was read', async () => {
    const data = createFakeDeskData();
    const list = async () => ({ ok: true, items: [], position: '' }) as const;
    const { get } = createDeskFixture({ data: { ...data, emergencies: { ...data.emergencies, list } } });
    expect(await (await get('/api/emergencies')).json()).toEqual({ items: [] });
  });

  it('filters by state, time and test, and pages by cursor', async () => {
    const { data, get } = createDeskFixture();
    const real = data.raise({ raisedAt: '2026-08-28T10:00:00.000Z' });
    const test = data.raise({ raisedAt: '2026-08-28T12:00:00.000Z', test: true });
    await data.acknowledge(real.id, { by: 'A', from: 'desk' });
    const ids = async (query: string) =>
      emergencyPageSchema.parse(await (await get(`/api/emergencies?${query}`)).json()).items.map((item) => item.id);
    expect(await ids('state=acknowledged')).toEqual([real.id]);
    expect(await ids('test=true')).toEqual([test.id]);
    expect(await ids('since=2026-08-28T11:00:00Z')).toEqual([test.id]);
    expect(await ids('until=2026-08-28T13:00:00%2B02:00')).toEqual([real.id]);
    const page = emergencyPageSchema.parse(await (await get('/api/emergencies?limit=1')).json());
    expect(await ids(`limit=1&cursor=${page.next}`)).toEqual([real.id]);
  });

  it.each([
    'limit=-1',
    'limit=0',
    'limit=1e9',
    'limit=1001',
    'limit=',
    'since=yesterday',
    'since=2026-13-45',
    'until=1',
    'state=open',
    'test=maybe',
    'cursor=%00',
    'cursor=made-up',
    'nosuch=1',
    'limit=1&limit=2',
    'state[]=acknowledged',
  ])('refuses %s with a problem that names the parameter', async (query) => {
    const { get } = createDeskFixture();
    const answer = await get(`/api/emergencies?${query}`);
    const body = problemSchema.parse(await answer.json());
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(body.code).toBe('invalid-query');
    expect(body['problems']).not.toEqual([]);
  });
});

describe('GET /api/emergencies/:id', () => {
  it('shows the emergency with its story in order', async () => {
    const { data, get } = createDeskFixture();
    const { id } = data.raise();
    await data.acknowledge(id, { by: 'A. Reyes', from: 'desk' });
    const answer = await get(`/api/emergencies/${id.toUpperCase()}`);
    const body = emergencyWithStorySchema.parse(await answer.json());
    expect(body.story.map((event) => event.type)).toEqual(['EmergencyRaised', 'EmergencyAcknowledged']);
    expect(body.acknowledged?.by).toBe('A. Reyes');
  });

  it.each([
    ['one that is not there', nowhere],
    ['no UUID', 'x'],
    ['a path', '%2e%2e%2f%2e%2e%2fetc%2fpasswd'],
    ['a null byte', '%00'],
    ['a prototype', '__proto__'],
    ['a broken escape', '%E0%A4%A'],
    ['a very long one', 'a'.repeat(5000)],
  ])('answers 404 for %s', async (_what, id) => {
    const { data, get } = createDeskFixture();
    data.raise();
    const answer = await get(`/api/emergencies/${id}`);
    expect(answer.status).toBe(404);
    expect(problemSchema.parse(await answer.json()).code).toBe('emergency-not-found');
  });
});

describe('acknowledging', () => {
  it('gives the call to the first and says so to all others', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const race = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post(`/api/emergencies/${id}/acknowledge`, { by: `desk ${index}` })),
    );
    const bodies = await Promise.all(race.map((answer) => answer.json()));
    expect(race.map((answer) => answer.status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    const won = emergencySchema.parse(bodies[race.findIndex((answer) => answer.status === 200)]);
    for (const [index, answer] of race.entries()) {
      if (answer.status === 200) continue;
      const lost = problemSchema.parse(bodies[index]);
      expect(lost).toMatchObject({ code: 'already-acknowledged', acknowledged: { by: won.acknowledged?.by } });
      expect(lost.detail).toContain(won.acknowledged?.by);
    }
  });

  it('is a success again for the same name, and changes nothing', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const first = emergencySchema.parse(await (await post(`/api/emergencies/${id}/acknowledge`, { by: 'A' })).json());
    const again = await post(`/api/emergencies/${id}/acknowledge`, { by: ' A ' });
    expect(again.status).toBe(200);
    expect(emergencySchema.parse(await again.json()).revision).toBe(first.revision);
  });

  it('says 409 once the call is resolved, 404 for none, 503 while the log is away', async () => {
    const { data, post, logged } = createDeskFixture();
    const { id } = data.raise();
    await data.resolve(id, { by: 'B', disposition: 'misdial', from: 'desk' });
    const resolved = await post(`/api/emergencies/${id}/acknowledge`, { by: 'A' });
    expect(resolved.status).toBe(409);
    expect(problemSchema.parse(await resolved.json())).toMatchObject({
      code: 'already-resolved',
      resolved: { by: 'B' },
    });
    expect((await post(`/api/emergencies/${nowhere}/acknowledge`, { by: 'A' })).status).toBe(404);
    data.setUnavailable(true);
    const away = await post(`/api/emergencies/${id}/acknowledge`, { by: 'A' });
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('2');
    expect(logged).toEqual(['error: an act could not be recorded']);
  });

  it('says that nothing was recorded only where that is known', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const acts = [
      ['acknowledge', { by: 'A' }],
      ['resolve', { by: 'A', disposition: 'real' }],
    ] as const;
    for (const [act, body] of acts) {
      data.setUnavailable(true);
      const away = problemSchema.parse(await (await post(`/api/emergencies/${id}/${act}`, body)).json());
      expect(away).toMatchObject({ code: 'log-unavailable', detail: expect.stringContaining('Nothing was recorded') });
      data.setUnavailable('outcome-unknown');
      const answer = await post(`/api/emergencies/${id}/${act}`, body);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      const unknown = await answer.json();
      expect(problemSchema.parse(unknown)).toMatchObject({
        code: 'outcome-unknown',
        title: 'It may be recorded, or not',
      });
      expect(JSON.stringify(unknown)).not.toContain('Nothing was recorded');
    }
  });

  it('records over which way a person acted', async () => {
    const from = async (headers: Record<string, string>) => {
      const { data, post } = createDeskFixture();
      const { id } = data.raise();
      return emergencySchema.parse(
        await (await post(`/api/emergencies/${id}/acknowledge`, { by: 'A' }, headers)).json(),
      ).acknowledged?.from;
    };
    expect(await from({})).toBe('api');
    expect(await from({ 'sec-fetch-site': 'same-origin' })).toBe('desk');
    expect(await from({ 'x-tocsin-client': 'cli' })).toBe('cli');
    expect(await from({ 'x-tocsin-client': 'nonsense' })).toBe('api');
  });
});

describe('resolving', () => {
  it('records disposition and note', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const answer = await post(`/api/emergencies/${id}/resolve`, {
      by: 'A',
      disposition: 'false-alarm',
      note: 'Toast.\nNo fire.',
    });
    const body = emergencySchema.parse(await answer.json());
    expect(body).toMatchObject({
      state: 'resolved',
      resolved: { by: 'A', disposition: 'false-alarm', note: 'Toast.\nNo fire.' },
    });
    const again = await post(`/api/emergencies/${id}/resolve`, { by: 'B', disposition: 'real' });
    expect(again.status).toBe(409);
  });

  it('records no note where none was typed', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const answer = await post(`/api/emergencies/${id}/resolve`, { by: 'A', disposition: 'real', note: '  ' });
    expect(emergencySchema.parse(await answer.json()).resolved).not.toHaveProperty('note');
  });
});

describe('bodies', () => {
  it.each([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['null', 'null', 400],
    ['an array', '[]', 400],
    ['no name', '{}', 400],
    ['an empty name', '{"by":"  "}', 400],
    ['a name that nobody can see', '{"by":"\\u200b\\u2060\\u0085"}', 400],
    ['a name that is no text', '{"by":{"$ne":1}}', 400],
    ['an unknown field', '{"by":"A","id":"x"}', 400],
    ['a control character', '{"by":"A\\u0000"}', 400],
    ['text that runs backwards', '{"by":"A\\u202e"}', 400],
    ['half a character', '{"by":"\\ud800"}', 400],
    ['bytes that are not UTF-8', Buffer.from('{"by":"\xff"}', 'latin1'), 400],
    ['too long a name', JSON.stringify({ by: 'x'.repeat(121) }), 400],
    ['too much', JSON.stringify({ by: 'x'.repeat(70_000) }), 413],
  ])('refuses %s', async (_what, body, status) => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const answer = await post(`/api/emergencies/${id}/acknowledge`, body);
    expect(answer.status).toBe(status);
    expect((await data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
  });

  it('records who acts as one line of what can be seen', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    const answer = await post(`/api/emergencies/${id}/acknowledge`, { by: 'A\r\nB \u200b\u009b' });
    expect(emergencySchema.parse(await answer.json()).acknowledged?.by).toBe('A B');
  });

  it('counts what is really sent, whatever the length says', async () => {
    const { app, data } = createDeskFixture();
    const { id } = data.raise();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const answer = await app.request(`http://127.0.0.1:8080/api/emergencies/${id}/resolve`, {
      method: 'POST',
      headers: { host: '127.0.0.1:8080', 'content-type': 'application/json', 'x-tocsin-request': '1' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(200_000);
  });

  it('refuses a disposition that is not one of the closed list and a note that is too long', async () => {
    const { data, post } = createDeskFixture();
    const { id } = data.raise();
    expect((await post(`/api/emergencies/${id}/resolve`, { by: 'A', disposition: 'fine' })).status).toBe(400);
    expect(
      (await post(`/api/emergencies/${id}/resolve`, { by: 'A', disposition: 'real', note: 'n'.repeat(4001) })).status,
    ).toBe(400);
  });
});
