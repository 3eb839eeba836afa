import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Answer, type Asked, fault } from '#test/infra/engine/pulumi-service/answers.ts';
import { answerStack } from '#test/infra/engine/pulumi-service/routes.ts';
import {
  addUpdate,
  current,
  described,
  emptyStack,
  type StoredStack,
  start,
  unfinished,
} from '#test/infra/engine/pulumi-service/stacks.ts';

/** Pulumi Cloud as the engine sees it. */
export interface PulumiService {
  /** Value of `PULUMI_BACKEND_URL`. */
  readonly url: string;
  /** All that the service keeps, as one text. */
  kept(): string;
  /** The state of a stack. */
  resources(stack: string): readonly { readonly urn: string }[];
  /** Leaves an update of the stack open, as an engine does that is killed; `making` is the URN of what it was about to make just then. */
  abandon(stack: string, making?: string): void;
  /** Whether updates that begin from now on are told entry by entry, or by whole states. */
  journaling(on: boolean): void;
  /** Tokens of persons that are taken from now on. */
  accept(tokens: readonly string[]): void;
  /** Method and path of what it does not know; empty where the engine asked for nothing else. */
  readonly unknown: readonly string[];
  close(): Promise<void>;
}

export interface PulumiServiceOptions {
  readonly tokens: readonly string[];
  /** Name of the person and of the organisation. */
  readonly login: string;
}

const capabilities = [
  { capability: 'batch-encrypt' },
  { capability: 'deployment-schema-version', version: 1, configuration: { version: 4 } },
];

/**
 * Starts it on loopback. The HTTP API is that of pkg/backend/httpstate/client and sdk/go/common/apitype of Pulumi 3.259: who somebody is, stacks, updates
 * with their leases, states by checkpoint or journal, events, and the secrets of a stack. Messages of errors are those that the engine's sources and the
 * page "Common issues" (pulumi.com) quote.
 */
export async function startPulumiService(options: PulumiServiceOptions): Promise<PulumiService> {
  const { login } = options;
  let { tokens } = options;
  let journal = true;
  const stacks = new Map<string, StoredStack>();
  const unknown: string[] = [];

  const answer = (asked: Asked): Answer | undefined => {
    const { method, path, query, authorization } = asked;
    if (path === '/api/capabilities') return { status: 200, body: { capabilities } };
    const lease = authorization.startsWith('update-token ');
    if (!lease && !tokens.some((token) => authorization === `token ${token}`)) return fault(401, 'Unauthorized');
    const person = { githubLogin: login, name: login, avatarUrl: '', email: `${login}@contoso.com` };
    if (path === '/api/user') return { status: 200, body: { id: login, ...person, organizations: [person] } };
    if (path === '/api/user/organizations/default') return { status: 200, body: { githubLogin: login } };
    if (path === '/api/user/stacks') {
      const found = [...stacks.values()].filter(({ project }) => [null, project].includes(query.get('project')));
      return { status: 200, body: { stacks: found.map(described) } };
    }
    const [, owner, project, name, rest = ''] =
      /^\/api\/stacks\/([^/]+)\/([^/]+)(?:\/([^/]+)(?:\/(.+))?)?$/.exec(path) ?? [];
    if (owner === undefined || project === undefined) return undefined;
    if (name === undefined) {
      if (method !== 'POST') return fault(stacks.size > 0 ? 200 : 404, '');
      const { stackName, tags = {} } = asked.body as { stackName: string; tags?: Record<string, string> };
      const place = `${owner}/${project}/${stackName}`;
      if (stacks.has(place)) return fault(409, `Conflict: Stack '${stackName}' already exists.`);
      stacks.set(place, emptyStack({ owner, project, name: stackName, tags }));
      return { status: 200, body: {} };
    }
    const place = `${owner}/${project}/${name}`;
    const stack = stacks.get(place);
    if (stack === undefined) return fault(404, `Not Found: Stack '${place}' not found`);
    if (rest === '' && method === 'DELETE') {
      if ((current(stack).deployment?.resources ?? []).length > 0 && query.get('force') !== 'true')
        return fault(400, 'Bad Request: Stack still contains resources.');
      stacks.delete(place);
      return { status: 204 };
    }
    return answerStack(stack, rest, asked, { author: login, journal });
  };

  const server = createServer((request, response) => {
    void read(request).then((asked) => {
      const given = answer(asked);
      if (given === undefined) unknown.push(`${asked.method} ${asked.path}`);
      const { status, body } = given ?? fault(404, 'Not Found');
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined || asked.method === 'HEAD' ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept: () =>
      JSON.stringify([...stacks.values()].map((stack) => ({ ...stack, updates: [...stack.updates.values()] }))),
    resources: (name) =>
      [...stacks.values()]
        .filter((one) => one.name === name)
        .flatMap((one) => current(one).deployment?.resources ?? []),
    accept: (those) => {
      tokens = those;
    },
    abandon: (name, making) => {
      for (const stack of [...stacks.values()].filter((one) => one.name === name)) {
        if (making !== undefined) stack.checkpoint = unfinished(stack.checkpoint, making);
        start(stack, addUpdate(stack, { kind: 'update', dryRun: false, author: login }));
      }
    },
    journaling: (on) => {
      journal = on;
    },
    unknown,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const sent = Buffer.concat(chunks);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString('utf8');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service');
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    body: text === '' || text === 'null' ? {} : (JSON.parse(text) as Record<string, unknown>),
    authorization: request.headers.authorization ?? '',
  };
}
