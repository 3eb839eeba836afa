import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EndWatchingOptions, endWatching } from '#cli/commands/tenant-leaving.ts';
import { CommandError } from '#cli/exit-codes.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import type { LeavingView } from '#web/subscribing.ts';

const nothing: LeavingView = { ended: false, subscriptions: [], credentials: [], waiting: [] };
const ended: LeavingView = { ...nothing, ended: true };
const desk = {
  urn: 'urn:pulumi:contoso::tocsin::azure-native:app:ContainerApp::desk',
  type: 'azure-native:app:ContainerApp',
};

/** A desk that gives these answers, the last one for ever. */
async function startDesk(...answers: readonly { readonly status: number; readonly body: object }[]) {
  const asked: IncomingMessage['headers'][] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.headers);
    const { status, body } = answers[Math.min(asked.length, answers.length) - 1] ?? { status: 500, body: {} };
    request.resume().once('end', () => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function leaving(deskUrl: string, more: Partial<EndWatchingOptions> = {}) {
  const said: string[] = [];
  const done = endWatching({
    ...{ slug: 'contoso', output: { say: (line) => void said.push(line) }, simulated: false, stateDir: undefined },
    ...{ signal: new AbortController().signal, resources: [desk], without: false, everyMs: 1 },
    outputs: async () => ({
      deskUrl: { secret: false, value: deskUrl },
      deskClientId: { secret: false, value: 'the-desk' },
    }),
    token: async (clientId) => `a.token-for-${clientId}.1`,
    ...more,
  });
  return { said, done };
}
const refused = async (done: Promise<void>): Promise<CommandError> => {
  const error = await done.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
};

describe('leaving a tenant whose stack runs in Azure', () => {
  it('asks its desk, as the person of the Azure command line, until nothing is left', async () => {
    const waiting = [{ id: 'chat', what: 'Graph does not answer.', next: 'Nothing: it is tried again.' }];
    const { url, asked } = await startDesk(
      { status: 200, body: { ...nothing, subscriptions: ['events-de'], waiting } },
      { status: 200, body: { ...ended, subscriptions: ['chat'], credentials: ['chat', 'events'] } },
    );
    const { said, done } = leaving(url);
    await done;
    expect(asked.map(({ authorization }) => authorization)).toEqual(Array(2).fill('Bearer a.token-for-the-desk.1'));
    expect(said[0]).toContain('chat: Graph does not answer.');
    expect(said.at(-1)).toBe('the watch of contoso has ended: 2 subscriptions deleted at Graph, 2 sign-ins forgotten');
  });

  it('stops where something does not end, and says which, why, and what is left to do', async () => {
    const waiting = [{ id: 'chat', what: 'Graph does not answer.', next: 'It is tried again.' }];
    const { url } = await startDesk({ status: 200, body: { ...nothing, waiting } });
    const error = await refused(leaving(url, { patienceMs: 20 }).done);
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(/not ended\. Nothing was deleted\.[\s\S]+chat: Graph does not answer\./);
    expect(error.message).toContain('tocsin tenant destroy contoso --without-ending-watch');
    expect(error.message).toContain('Revoke sessions');
  });

  it.each<[string, { status: number; body: object }, number, RegExp]>([
    ['does not know who asks', { status: 401, body: { code: 'sign-in-required' } }, 1, /does not take your sign-in/],
    [
      'says that this person may not',
      { status: 403, body: { code: 'not-allowed', title: 'Not allowed' } },
      1,
      /Not allowed/,
    ],
    [
      'has no Temporal',
      { status: 503, body: { code: 'workflows-away', title: 'Temporal is away' } },
      69,
      /Temporal is away/,
    ],
  ])('stops where the desk %s', async (_what, answer, code, words) => {
    const { url } = await startDesk(answer);
    const error = await refused(leaving(url).done);
    expect(error.exitCode).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain('Nothing was deleted.');
  });

  it('stops where the desk is dead, and where nobody is signed in to the Azure command line', async () => {
    const dead = await refused(leaving('http://127.0.0.1:1').done);
    expect(dead.exitCode).toBe(69);
    expect(dead.message).toContain('--without-ending-watch');
    const { url, asked } = await startDesk({ status: 200, body: ended });
    const token = () => Promise.reject(new CommandError(1, 'the Azure command line gives no token'));
    expect((await refused(leaving(url, { token }).done)).message).toContain('gives no token');
    expect(asked).toEqual([]);
  });

  it('stops where nobody knows where the desk is', async () => {
    const error = await refused(leaving('', { outputs: async () => ({}) }).done);
    expect(error.message).toContain('tocsin tenant up contoso');
  });

  it('goes on with a warning where somebody says that the desk is dead for good', async () => {
    const { url, asked } = await startDesk({ status: 200, body: ended });
    const { said, done } = leaving(url, { without: true });
    await done;
    expect(asked).toEqual([]);
    expect(said.join('\n')).toMatch(/^warning: .*until they run out, within three days[\s\S]+Revoke sessions/);
  });

  it('goes on where the stack has no desk, as after a deletion that was interrupted', async () => {
    const { said, done } = leaving('http://127.0.0.1:1', { resources: [] });
    await done;
    expect(said.join('\n')).toContain('has no desk any more');
  });
});

describe('leaving a simulated tenant', () => {
  /** A state folder in which the processes of these folders serve these things. */
  function stateWith(endpoints: Readonly<Record<string, object>>): string {
    const state = temporaryFolder();
    for (const [folder, own] of Object.entries(endpoints)) {
      mkdirSync(join(state, folder, 'endpoints'), { recursive: true });
      const text = JSON.stringify({ pid: process.pid, version: '1', roles: ['desk'], ...own });
      writeFileSync(join(state, folder, 'endpoints', `${process.pid}.json`), text);
    }
    return state;
  }
  const simulated = { simulated: true, resources: [] } as const;

  it('ends what its own simulated stack runs, and not what another one does', async () => {
    const [own, other, plain] = await Promise.all([1, 2, 3].map(() => startDesk({ status: 200, body: ended })));
    const simulator = 'http://127.0.0.1:1';
    const stateDir = stateWith({
      'simulated-azure/running/contoso-a1B2c3/desk': { desk: own?.url, simulator },
      'simulated-azure/running/contoso-north-a1B2c3/desk': { desk: other?.url, simulator },
      '.': { desk: plain?.url, simulator },
    });
    await leaving('', { ...simulated, stateDir }).done;
    expect([own, other, plain].map((one) => one?.asked.length)).toEqual([1, 0, 0]);
    expect(own?.asked[0]).toMatchObject({ 'x-tocsin-request': '1' });
  });

  it('ends what the state folder runs, but never what is not simulated', async () => {
    const real = await startDesk({ status: 200, body: ended });
    const { said, done } = leaving('', { ...simulated, stateDir: stateWith({ '.': { desk: real.url } }) });
    await done;
    expect(real.asked).toEqual([]);
    expect(said.join('\n')).toContain('nothing watches contoso');
    await leaving('', { ...simulated, stateDir: stateWith({ '.': { desk: real.url, simulator: real.url } }) }).done;
    expect(real.asked).toHaveLength(1);
  });
});
