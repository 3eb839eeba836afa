import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serverSentEvents } from '#cli/server-sent-events.ts';

/** Answers the first request with the first of these, and so on. */
async function serve(
  ...answers: readonly ((request: IncomingMessage, response: ServerResponse) => void)[]
): Promise<string> {
  let next = 0;
  const server = createServer((request, response) => answers[next++]?.(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('takes a connection that is open and silent for dead, says so, and goes on where it was', async () => {
  const url = await serve(
    (_, response) => response.write('id: 7\nevent: emergency\ndata: first\n\n'),
    (request, response) => response.write(`event: emergency\ndata: after ${request.headers['last-event-id']}\n\n`),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const states: (string | undefined)[] = [];
  const lost = Promise.withResolvers<void>();
  const events = serverSentEvents(url, (state) => {
    states.push(state);
    if (state !== undefined) lost.resolve();
  });
  expect((await events.next()).value).toEqual({ id: '7', name: 'emergency', data: 'first' });
  const next = events.next();
  await vi.advanceTimersByTimeAsync(20_000);
  await lost.promise;
  await vi.advanceTimersByTimeAsync(500);
  expect((await next).value).toMatchObject({ data: 'after 7' });
  expect(states).toEqual([undefined, expect.stringContaining('silent for 20 s'), undefined]);
  await events.return(undefined);
});

it('says why it has no connection, also where the other side ended it', async () => {
  const url = await serve(
    (_, response) => response.end('data: one\n\n'),
    (_, response) => response.writeHead(401).end(),
    (_, response) => response.write('data: two\n\n'),
  );
  const states: (string | undefined)[] = [];
  const events = serverSentEvents(url, (state) => states.push(state));
  expect((await events.next()).value).toMatchObject({ data: 'one' });
  expect((await events.next()).value).toMatchObject({ data: 'two' });
  expect(states).toEqual([undefined, expect.stringContaining('ended'), expect.stringContaining('401'), undefined]);
  await events.return(undefined);
});
