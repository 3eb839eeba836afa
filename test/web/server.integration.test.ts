import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { readStream } from '#test/web/desk-fixture.ts';
import type { RunningDesk } from '#test/web/desk-server.ts';
import { runDesk } from '#test/web/desk-server.ts';
import { startDeskServer } from '#web/server.ts';

const running: RunningDesk[] = [];
async function start(...given: Parameters<typeof runDesk>) {
  const desk = await runDesk(...given);
  running.push(desk);
  return desk;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((desk) => desk.close()));
});

describe('the desk on a real port', () => {
  it('says where it is and answers there, under the usual names of this machine', async () => {
    const desk = await start();
    expect(desk.url).toBe(`http://127.0.0.1:${desk.port}`);
    expect((await fetch(`${desk.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`http://localhost:${desk.port}/health/ready`)).status).toBe(200);
  });

  it.each(['0.0.0.0', '::', '192.168.1.10', 'example.com'])('refuses to listen on %s', async (host) => {
    const { data } = await start();
    const log = { info() {}, warn() {}, error() {} };
    expect(await startDeskServer({ data, host, port: 0, log, now: Date.now, version: 'x' })).toEqual({
      ok: false,
      reason: 'address-not-allowed',
    });
  });

  it('says that a port is held', async () => {
    const desk = await start();
    await expect(runDesk({ port: desk.port })).rejects.toThrow('port-in-use');
  });

  it('refuses a foreign Host', async () => {
    const desk = await start();
    const [answer] = await once(
      request({ port: desk.port, host: '127.0.0.1', path: '/', headers: { host: 'evil.example' } }).end(),
      'response',
    );
    answer.resume();
    expect(answer.statusCode).toBe(421);
  });

  it('does not call it a fault of its own when a client goes away in the middle of its request', async () => {
    const desk = await start();
    const { id } = desk.data.raise();
    const socket = connect(desk.port, '127.0.0.1');
    const head = `POST /api/emergencies/${id}/acknowledge HTTP/1.1\r\nHost: 127.0.0.1:${desk.port}\r\nX-Tocsin-Request: 1\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n`;
    socket.write(head);
    // The desk has begun to read the body.
    await once(socket, 'data');
    socket.end('{"by":');
    await eventually('a line of the log', () => desk.logged.length > 0);
    expect(desk.logged).toEqual(['info: a client went away before its request was whole']);
    expect((await desk.data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
  });

  it('answers 413 to five megabytes and goes on', async () => {
    const desk = await start();
    const { id } = desk.data.raise();
    const answer = await fetch(`${desk.url}/api/emergencies/${id}/resolve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tocsin-request': '1' },
      body: JSON.stringify({ by: 'x', disposition: 'real', note: 'n'.repeat(5_000_000) }),
    });
    expect(answer.status).toBe(413);
    expect((await fetch(`${desk.url}/api/emergencies/${id}`)).status).toBe(200);
  });

  it('cuts a client that stopped reading, without holding more than its share', async () => {
    const desk = await start({ maxStreamBytes: 128 * 1024 });
    const socket = connect(desk.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:${desk.port}\r\n\r\n`);
    await once(socket, 'readable');
    await expect.poll(() => desk.data.listeners).toBe(1);
    const note = 'n'.repeat(100_000);
    for (let call = 0; call < 500 && desk.data.listeners > 0; call += 1) {
      desk.data.raise({ policy: note });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(desk.data.listeners).toBe(0);
    expect(desk.logged).toEqual(['warn: a live page was too slow and was let go']);
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
  });

  it('frees what a client held once its connection breaks', async () => {
    const desk = await start();
    const leaving = new AbortController();
    const stream = readStream(await fetch(`${desk.url}/api/stream`, { signal: leaving.signal }));
    await stream.next('health');
    expect(desk.data.listeners).toBe(1);
    leaving.abort();
    await expect.poll(() => desk.data.listeners).toBe(0);
  });

  it('ends live streams when it is closed, and frees its port', async () => {
    const desk = await start();
    const stream = readStream(await fetch(`${desk.url}/api/stream`));
    await stream.next('health');
    const ended = stream.ended();
    await desk.close();
    expect(await ended).toBe(true);
    const again = await start({ port: desk.port });
    expect(again.port).toBe(desk.port);
  });

  it('pushes a change to many pages at once', async () => {
    const desk = await start();
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => readStream(await fetch(`${desk.url}/api/stream`))),
    );
    await Promise.all(streams.map((stream) => stream.next('health')));
    const { id } = desk.data.raise();
    const got = await Promise.all(streams.map((stream) => stream.next('emergency')));
    expect(got.every((message) => (message.data as { id: string }).id === id)).toBe(true);
    await Promise.all(streams.map((stream) => stream.cancel()));
  });
});
