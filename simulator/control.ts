import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';
import type { EntraSimulator } from '#simulator/entra/simulator.ts';
import type { Faults } from '#simulator/faults.ts';
import type { SimulatedTeams } from '#simulator/teams/teams.ts';

export interface ControlDeps {
  readonly teams: SimulatedTeams;
  readonly entra: Pick<EntraSimulator, 'approve' | 'pendingCodes'>;
  /** By simulator: `event-hubs`, `eventstoredb`, `entra`, `graph`. */
  readonly faults: Readonly<Record<string, Faults>>;
  /** Every setting that points another process at the simulators. */
  readonly settings: () => Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
}

export interface SimulatorControl {
  readonly url: string;
  close(): Promise<void>;
}

const callSchema = z.strictObject({
  caller: z.string().min(1).max(256).optional(),
  number: z.string().min(1).max(32).optional(),
  street: z.string().min(1).max(256).optional(),
  floor: z.string().min(1).max(128).optional(),
  language: z.string().min(2).max(16).optional(),
  feed: z.enum(['chat', 'events', 'both']).default('both'),
  delivery: z.enum(['direct', 'event-grid']).default('direct'),
  test: z.boolean().default(false),
  basic: z.boolean().default(false),
});
const chatterSchema = z.strictObject({
  rate: z.number().positive().max(20_000),
  seconds: z.number().positive().max(86_400),
});
const faultSchema = z.strictObject({ name: z.string(), action: z.enum(['start', 'stop']) });
const approveSchema = z.strictObject({
  code: z.string().min(1).max(32),
  as: z.string().max(256).optional(),
  deny: z.boolean().default(false),
});
const noticeSchema = z.union([
  z.strictObject({ kind: z.literal('probe') }),
  z.strictObject({
    kind: z.literal('lifecycle'),
    event: z.enum(['reauthorizationRequired', 'subscriptionRemoved', 'missed']),
    feed: z.enum(['chat', 'events']),
  }),
]);

type Definite<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
const definite = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Definite<T>;

/** HTTP control of the simulators, for `tocsin simulate`; on loopback, and only for requests that a web page cannot send. */
export async function startControl(deps: ControlDeps): Promise<SimulatorControl> {
  const app = new Hono();
  app.use(async (c, next) => {
    if (c.req.header('x-tocsin-request') !== '1') return c.json({ detail: 'send the header X-Tocsin-Request: 1' }, 403);
    return await next();
  });
  const body = async <T>(c: { req: { json(): Promise<unknown> } }, schema: z.ZodType<T>) =>
    schema.safeParse(await c.req.json().catch(() => undefined));
  app.post('/calls', async (c) => {
    const request = await body(c, callSchema);
    if (!request.success) return c.json({ detail: z.prettifyError(request.error) }, 400);
    const result = await deps.teams.call(definite(request.data));
    return c.json(result, result.ok ? 200 : 503);
  });
  app.post('/chatter', async (c) => {
    const request = await body(c, chatterSchema);
    if (!request.success) return c.json({ detail: z.prettifyError(request.error) }, 400);
    return c.json(await deps.teams.chatter(request.data.rate, request.data.seconds, c.req.raw.signal));
  });
  app.post('/notices', async (c) => {
    const request = await body(c, noticeSchema);
    if (!request.success) return c.json({ detail: z.prettifyError(request.error) }, 400);
    const result =
      request.data.kind === 'probe'
        ? await deps.teams.probe()
        : await deps.teams.lifecycle(request.data.event, request.data.feed);
    return c.json(result, result.ok ? 200 : 503);
  });
  app.get('/codes', (c) => c.json(deps.entra.pendingCodes()));
  app.post('/codes', async (c) => {
    const request = await body(c, approveSchema);
    if (!request.success) return c.json({ detail: z.prettifyError(request.error) }, 400);
    const { code, ...answer } = definite(request.data);
    const result = await deps.entra.approve(code, answer);
    return result.ok ? c.json(result) : c.json({ detail: approvalWords[result.reason] }, 404);
  });
  app.get('/faults', (c) => c.json(listed(deps.faults)));
  app.post('/faults', async (c) => {
    const request = await body(c, faultSchema);
    if (!request.success) return c.json({ detail: z.prettifyError(request.error) }, 400);
    const matching = matches(deps.faults, request.data.name);
    const [found, ...more] = matching;
    if (found === undefined) return c.json({ detail: `there is no fault ${request.data.name}` }, 404);
    if (more.length > 0) {
      const names = matching.map(({ simulator, name }) => `${simulator}.${name}`).join(', ');
      return c.json({ detail: `several simulators have a fault ${request.data.name}: ${names}` }, 404);
    }
    await found.faults[request.data.action](found.name);
    return c.json({ name: `${found.simulator}.${found.name}`, action: request.data.action });
  });
  app.get('/settings', (c) => c.json(deps.settings()));
  const server = serve({ fetch: app.fetch, hostname: deps.host, port: deps.port });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', () => resolve());
    server.once('error', reject);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${deps.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

const approvalWords = {
  'unknown-code': 'nobody waits with that code',
  expired: 'the code has run out',
  'already-answered': 'the code was answered already',
  'unknown-user': 'the simulated tenant has no user of that name',
} as const;

function listed(faults: ControlDeps['faults']): { readonly name: string; readonly description: string }[] {
  return Object.entries(faults).flatMap(([simulator, own]) =>
    own.list().map(({ name, description }) => ({ name: `${simulator}.${name}`, description })),
  );
}

/** The one of a full name (`event-hubs.throttle`), or all whose last part it is. */
function matches(
  faults: ControlDeps['faults'],
  wanted: string,
): readonly { readonly simulator: string; readonly name: string; readonly faults: Faults }[] {
  return Object.entries(faults).flatMap(([simulator, own]) =>
    own
      .list()
      .flatMap(({ name }) =>
        wanted === `${simulator}.${name}` || wanted === name ? [{ simulator, name, faults: own }] : [],
      ),
  );
}
