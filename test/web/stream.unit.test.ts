import { describe, expect, it } from 'vitest';
import { createDeskFixture, host, readStream } from '#test/web/desk-fixture.ts';
import { emergencySchema, healthSchema } from '#web/schema-answers.ts';

describe('GET /api/stream', () => {
  it('begins with a ping, then every open emergency, oldest change first, and the health', async () => {
    const { data, get } = createDeskFixture();
    const [first, second, closed] = [data.raise(), data.raise(), data.raise()];
    await data.resolve(closed.id, { by: 'A', disposition: 'real', from: 'desk' });
    await data.acknowledge(first.id, { by: 'A', from: 'desk' });
    const answer = await get('/api/stream');
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const stream = readStream(answer);
    const ping = await stream.next('ping');
    expect(ping).not.toHaveProperty('id');
    const one = await stream.next('emergency');
    const two = await stream.next('emergency');
    expect([one, two].map((message) => emergencySchema.parse(message.data).id)).toEqual([second.id, first.id]);
    expect(one.id! < two.id!).toBe(true);
    const health = await stream.next('health');
    expect(healthSchema.parse(health.data).listening.ok).toBe(true);
    expect(health).not.toHaveProperty('id');
    await stream.cancel();
  });

  it('pushes each change as it comes', async () => {
    const { data, get } = createDeskFixture();
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    const { id } = data.raise();
    expect(await stream.next('emergency')).toMatchObject({ data: { id, state: 'unacknowledged' } });
    await data.acknowledge(id, { by: 'A', from: 'desk' });
    expect(await stream.next('emergency')).toMatchObject({ data: { id, state: 'acknowledged' } });
    await stream.cancel();
  });

  it.each(['header', 'query'])('resumes by %s with exactly what came after', async (way) => {
    const { data, get } = createDeskFixture();
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    const seen = [];
    for (let call = 0; call < 3; call += 1) {
      data.raise();
      seen.push(await stream.next('emergency'));
    }
    await stream.cancel();
    const after = seen[0]?.id ?? '';
    const again = readStream(
      await (way === 'header' ? get('/api/stream', { 'last-event-id': after }) : get(`/api/stream?after=${after}`)),
    );
    expect(await again.next('emergency')).toEqual(seen[1]);
    expect(await again.next('emergency')).toEqual(seen[2]);
    const { id } = data.raise();
    expect(await again.next('emergency')).toMatchObject({ data: { id } });
    await again.cancel();
  });

  it('begins with every open emergency again where the log ends before what a page has, as it was restored from a backup', async () => {
    const { data, get } = createDeskFixture();
    const open = data.raise();
    const stream = readStream(await get('/api/stream', { 'last-event-id': '9'.repeat(20) }));
    expect(await stream.next('emergency')).toMatchObject({ data: { id: open.id } });
    const { id } = data.raise();
    expect(await stream.next('emergency')).toMatchObject({ data: { id } });
    await stream.cancel();
  });

  it('waits with a page that comes back until the read model knows where the log ends', async () => {
    const { data, get } = createDeskFixture();
    data.setReady(false);
    const stream = readStream(await get('/api/stream', { 'last-event-id': '9'.repeat(20) }));
    await stream.next('health');
    const { id } = data.raise();
    data.setReady(true);
    expect(await stream.next('emergency')).toMatchObject({ data: { id } });
    await stream.cancel();
  });

  it('says that nobody knows whether Tocsin listens where its health cannot be read', async () => {
    const { data, get, logged } = createDeskFixture();
    data.failNext('health');
    const stream = readStream(await get('/api/stream'));
    const { listening, rows } = healthSchema.parse((await stream.next('health')).data);
    expect(listening).toMatchObject({ ok: false, word: expect.stringContaining('cannot tell') });
    expect(rows).toMatchObject([{ state: 'trouble' }]);
    expect(logged).toContain('error: health could not be read');
    await stream.cancel();
  });

  it('resumes from the position of the list', async () => {
    const { data, get } = createDeskFixture();
    data.raise();
    const { position } = (await (await get('/api/emergencies')).json()) as { position: string };
    const stream = readStream(await get('/api/stream', { 'last-event-id': position }));
    const { id } = data.raise();
    expect(await stream.next('emergency')).toMatchObject({ data: { id } });
    await stream.cancel();
  });

  it('loses and repeats nothing when changes come while it catches up', async () => {
    const { data, get } = createDeskFixture();
    for (let call = 0; call < 450; call += 1) data.raise();
    const pending = get('/api/stream', { 'last-event-id': '0' });
    data.raise();
    const stream = readStream(await pending);
    const ids: string[] = [];
    for (let count = 0; count < 450; count += 1) {
      if (count % 100 === 0) data.raise();
      ids.push((await stream.next('emergency')).id!);
    }
    for (let count = 0; count < 6; count += 1) ids.push((await stream.next('emergency')).id!);
    expect(new Set(ids).size).toBe(456);
    expect(ids).toEqual([...ids].sort());
    await stream.cancel();
  });

  it('lets a reader go that does not keep up, and nothing of it stays behind', async () => {
    const { data, get, logged } = createDeskFixture({ maxStreamBytes: 64 * 1024 });
    const answer = await get('/api/stream');
    const stream = readStream(answer);
    await stream.next('health');
    for (let call = 0; call < 500 && data.listeners > 0; call += 1) data.raise();
    expect(data.listeners).toBe(0);
    expect(logged).toEqual(['warn: a live page was too slow and was let go']);
    await stream.cancel();
  });

  it('frees everything when the reader leaves', async () => {
    const { data, get } = createDeskFixture();
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    expect(data.listeners).toBe(1);
    await stream.cancel();
    await expect.poll(() => data.listeners).toBe(0);
  });

  it('ends in an orderly way when the desk is closed, and takes nobody new', async () => {
    const { get, end } = createDeskFixture();
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    end();
    expect(await stream.ended()).toBe(true);
    expect((await get('/api/stream')).status).toBe(503);
  });

  it('ends rather than leave a hole when the read model fails', async () => {
    const { data, get, logged } = createDeskFixture();
    data.failNext('changes');
    const stream = readStream(await get('/api/stream'));
    expect(await stream.ended()).toBe(true);
    expect(logged).toEqual(['error: a live stream failed']);
    expect(data.listeners).toBe(0);
  });

  it('ends rather than leave a hole when a change cannot be handed over', async () => {
    const { data, get, logged } = createDeskFixture();
    const { subscribe } = data.emergencies;
    let failure: (error: unknown) => void = () => {};
    Object.assign(data.emergencies, {
      subscribe: (...given: Parameters<typeof subscribe>) => {
        failure = given[1];
        return subscribe(...given);
      },
    });
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    failure(new Error('it cannot be opened'));
    expect(await stream.ended()).toBe(true);
    expect(logged).toEqual(['error: a live stream failed']);
    expect(data.listeners).toBe(0);
  });

  it('pings, and sends health only when it changed', async () => {
    const { data, get } = createDeskFixture({ pingMs: 5, healthMs: 5 });
    data.setHealth({ listening: { ok: true, since: '2026-08-28T10:00:00.000Z', feeds: [] } });
    const stream = readStream(await get('/api/stream'));
    await stream.next('health');
    await stream.next('ping');
    await stream.next('ping');
    data.setHealth({ listening: { ok: false, since: '2026-08-28T11:00:00.000Z', feeds: [] } });
    expect(await stream.next('health')).toMatchObject({ data: { listening: { ok: expect.any(Boolean) } } });
    await stream.cancel();
  });

  it('opens nothing for a HEAD', async () => {
    const { app, data } = createDeskFixture();
    const answer = await app.request(`http://${host}/api/stream`, { method: 'HEAD', headers: { host } });
    expect([answer.status, data.listeners]).toEqual([200, 0]);
  });

  it('takes only so many pages at once', async () => {
    const { data, get } = createDeskFixture({ maxStreams: 1 });
    const stream = readStream(await get('/api/stream'));
    const refused = await get('/api/stream');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    await stream.cancel();
    await expect.poll(() => data.listeners).toBe(0);
    const again = readStream(await get('/api/stream'));
    await again.next('ping');
    await again.cancel();
  });

  it.each([
    ['a blank', 'a b'],
    ['a letter that is not ASCII', 'é'],
    ['a very long one', 'x'.repeat(300)],
  ])('refuses %s in a position', async (_what, id) => {
    const { get } = createDeskFixture();
    expect((await get(`/api/stream?after=${encodeURIComponent(id)}`)).status).toBe(400);
  });
});
