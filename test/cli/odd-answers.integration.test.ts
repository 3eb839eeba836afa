import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandError } from '#cli/exit-codes.ts';
import { ask } from '#cli/http.ts';
import { bareEnvironment, runToEnd } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs commands in a state folder whose endpoints say that this is the desk, and the simulators. */
async function commandsAt(answer: RequestListener) {
  const url = await serve(answer);
  const stateDir = temporaryFolder();
  mkdirSync(join(stateDir, 'endpoints'));
  writeFileSync(
    join(stateDir, 'endpoints', `${process.pid}.json`),
    JSON.stringify({ pid: process.pid, version: '1', roles: ['desk', 'simulator'], desk: url, simulator: url }),
  );
  return (...args: readonly string[]) => runToEnd(args, bareEnvironment(stateDir));
}

const html = (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
const cut = (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"position":"1","id":"a"}\n', () => response.destroy());
};
const badGateway = (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(502).end('<html>bad</html>');

describe('where something else answers, or an answer does not come to its end', () => {
  it.each([
    ['something that is not Tocsin', html],
    ['something that dies in mid-answer', cut],
    ['something between that finds nobody', badGateway],
  ])('ends with 69 and words for %s', async (_what, answer) => {
    const run = await commandsAt(answer);
    const commands = [
      ['emergency', 'list'],
      ['audit', 'list', '--json'],
      ['audit', 'follow'],
      ['watch', 'report'],
      ['simulate', 'settings'],
      ['simulate', 'call'],
      ['simulate', 'fault', '--list'],
    ];
    const ends = await Promise.all(commands.map((args) => run(...args)));
    for (const [index, done] of ends.entries()) {
      expect(done, commands[index]?.join(' ')).toMatchObject({ code: 69, stdout: '' });
      expect(done.stderr).not.toMatch(/should not have happened|undefined/);
    }
    const status = await run('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toContain('does not answer');
  });

  it('says of a desk that does not let this user look that it answers', async () => {
    const run = await commandsAt((_, response) =>
      response
        .writeHead(401, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ code: 'sign-in-required', title: 'Sign in' })),
    );
    const { code, stdout } = await run('status');
    expect(code).toBe(1);
    expect(stdout).toContain('answers, but tells you nothing: run this as the user that it runs as');
    expect(stdout).not.toContain('does not answer');
    const { processes } = JSON.parse((await run('status', '--json')).stdout) as { readonly processes: unknown };
    expect(processes).toEqual([expect.objectContaining({ answers: true, word: 'refused' })]);
  });

  it('says of a desk that has not read the whole log that what it shows may not be all', async () => {
    const run = await commandsAt((request, response) => {
      const items = request.url === '/api/projections' ? [{ name: 'audit', caughtUp: false, connection: 'down' }] : [];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(request.url?.startsWith('/api/audit') === true ? '' : JSON.stringify({ items }));
    });
    for (const noun of ['audit', 'emergency']) {
      const { code, stderr } = await run(noun, 'list');
      expect({ noun, code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('may not be all') });
    }
  });

  it('bounds every answer as a whole', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/begun') response.writeHead(200).write('{');
    });
    for (const path of ['/begun', '/never']) {
      const error = await ask(`${url}${path}`, { timeoutMs: 50 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CommandError);
      expect(error).toMatchObject({ exitCode: 69, message: expect.stringContaining('does not answer (TimeoutError)') });
    }
  });

  it('waits for as long as it is told to, also where fetch by itself gives up before', async () => {
    const asked = new Map<string | undefined, ServerResponse>();
    const url = await serve((request, response) => void asked.set(request.url, response));
    const places = globalThis as unknown as Record<symbol, unknown>;
    const place = Symbol.for('undici.globalDispatcher.1');
    // Node's own fetch has made it by the time that it has asked for the first time.
    await fetch(url, { signal: AbortSignal.timeout(1) }).catch(() => undefined);
    const ordinary = places[place] as { readonly constructor: new (options: object) => object };
    onTestFinished(() => {
      places[place] = ordinary;
    });
    places[place] = new ordinary.constructor({ headersTimeout: 1 });
    const long = ask(`${url}/long`, { timeoutMs: 86_400_000 });
    const answer = await eventually('it asks', () => asked.get('/long'));
    await expect(fetch(`${url}/given-up`)).rejects.toMatchObject({ cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
    answer.end('{"done":true}');
    expect(await long).toEqual({ status: 200, body: { done: true } });
  });
});

it('bounds what the doctor waits for where a process takes connections and says nothing', async () => {
  const run = await commandsAt(() => {});
  expect((await run('doctor', '--simulate')).code).not.toBe(-1);
});
