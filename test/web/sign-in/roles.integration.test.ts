import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionsOf, type Role } from '#domain/access/roles.ts';
import { type Need, routeRules } from '#domain/access/routes.ts';
import { emptyQuarantine, knowsNobody } from '#test/support/fake-keeping.ts';
import { people, type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';
import { type Answer, createUserAgent, type UserAgent } from '#test/web/sign-in/user-agent.ts';
import { createDeskApp } from '#web/app.ts';
import { operations } from '#web/openapi-document.ts';

let signed: SignedDesk;
const agents = new Map<Role, UserAgent>();
const who: Readonly<Record<Role, (typeof people)[keyof typeof people]>> = {
  Responder: people.responder,
  Operator: people.operator,
  Compliance: people.compliance,
  Administrator: people.administrator,
};
const payloads = { origin: 'https://temporal.contoso.example', decode: async () => Response.json({ payloads: [] }) };
beforeAll(async () => {
  signed = await startSignedDesk({
    server: {
      projections: { list: () => [], digest: async () => undefined, rebuild: async () => undefined },
      ...{ payloads, quarantine: emptyQuarantine, erasing: knowsNobody },
    },
  });
  for (const role of Object.keys(who) as Role[]) {
    const agent = createUserAgent();
    await agent.signIn(`${signed.origin}/`, who[role]);
    agents.set(role, agent);
  }
});
afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.close()));
  await signed.close();
});

const url = (path: string) => `${signed.origin}${path}`;
const as = (role: Role) => agents.get(role) as UserAgent;
/** A live page never ends by itself. */
const asked = routeRules.filter(({ path }) => path !== '/api/stream' && path !== '/api/sign-out');

async function ask(agent: UserAgent, method: 'GET' | 'POST', path: string): Promise<Answer> {
  const at = url(path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000'));
  return method === 'GET' ? agent.get(at) : agent.act(at, {});
}
const allows = (role: Role, need: Need) =>
  need === 'everybody' || need === 'signed-in' || permissionsOf([role]).has(need);

describe('every address', () => {
  it('has a row in the table of who may what, and every row an address', () => {
    const app = createDeskApp({
      data: signed.data,
      signIn: signed.signIn,
      subscribing: signed.desk.subscribing,
      projections: { list: () => [], digest: async () => undefined, rebuild: async () => undefined },
      ...{ payloads, quarantine: emptyQuarantine, erasing: knowsNobody },
      assets: new Map(),
      hosts: () => [],
      log: { info() {}, warn() {}, error() {} },
      now: Date.now,
      signal: new AbortController().signal,
      version: 'x',
    });
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const rows = routeRules.map(({ method, path }) => `${method} ${path}`);
    expect(rows.sort()).toEqual([...new Set(served)].sort());
    for (const { method, path } of operations) expect(rows).toContain(`${method.toUpperCase()} ${path}`);
  });

  it.each(
    (Object.keys(who) as Role[]).flatMap((role) =>
      asked.map((rule) => [role, rule.method, rule.path, rule.need] as const),
    ),
  )('as %s: %s %s', async (role, method, path, need) => {
    if (path === '/sign-in' || path === '/signed-in') return;
    const answer = await ask(as(role), method, path);
    if (allows(role, need)) {
      expect([401, 302]).not.toContain(answer.status);
      if (answer.status === 403) expect(answer.json()['code']).not.toBe('not-allowed');
      return;
    }
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('Your role does not allow that');
    expect(answer.text).toContain(`you have ${role}`);
  });

  it.each(asked)('without a session: $method $path', async ({ method, path, need }) => {
    if (path === '/sign-in' || path === '/signed-in') return;
    const agent = createUserAgent();
    const answer = await ask(agent, method, path);
    if (need === 'everybody') expect([200, 204, 404]).toContain(answer.status);
    else expect([401, 302]).toContain(answer.status);
    await agent.close();
  });
});

describe('acts', () => {
  it('are done by whoever is signed in, proved, whatever the body says', async () => {
    const { id } = signed.data.raise();
    const path = url(`/api/emergencies/${id}/acknowledge`);
    const forged = await as('Responder').act(path, { by: 'Somebody Else' });
    expect([forged.status, forged.json()['code']]).toEqual([403, 'not-you']);
    expect((await signed.data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
    const done = await as('Responder').act(path, {});
    expect(done.json()['acknowledged']).toMatchObject({ by: 'Rae Responder', from: 'desk' });
    expect((await as('Responder').act(path, { by: 'Rae Responder' })).status).toBe(200);
  });

  it('are not for those who only look, or run the machine', async () => {
    const { id } = signed.data.raise();
    for (const role of ['Operator', 'Compliance', 'Administrator'] as const)
      for (const act of ['acknowledge', 'resolve'])
        expect((await as(role).act(url(`/api/emergencies/${id}/${act}`), { disposition: 'real' })).status).toBe(403);
    expect((await signed.data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');
  });
});

describe('personal values', () => {
  it('are hidden from an operator: in lists, on pages, in the record, and live', async () => {
    const { id } = signed.data.raise({ caller: { name: 'Carla Caller' } });
    for (const path of ['/api/emergencies', `/api/emergencies/${id}`]) {
      expect((await as('Operator').get(url(path))).text).not.toContain('Carla Caller');
      expect((await as('Responder').get(url(path))).text).toContain('Carla Caller');
    }
  });

  it('being seen is on record, each call once for each person', async () => {
    const { id } = signed.data.raise();
    signed.looks.length = 0;
    await as('Responder').get(url(`/api/emergencies/${id}`));
    await as('Operator').get(url(`/api/emergencies/${id}`));
    expect(signed.looks).toEqual([
      {
        kind: 'emergency',
        emergency: id,
        over: 'api',
        person: { how: 'sign-in', name: 'Rae Responder', subject: expect.stringMatching(/^user:1111.*\/7a0e.*01$/) },
      },
    ]);
  });

  it('leaving the desk is an export, with what was asked for', async () => {
    signed.looks.length = 0;
    const answer = await as('Compliance').get(url('/api/audit?stream=inbox-x-1&limit=5&after=0'));
    expect(answer.status).toBe(200);
    expect(signed.looks).toMatchObject([{ kind: 'export', filter: { stream: 'inbox-x-1' }, over: 'api' }]);
    signed.looks.length = 0;
    await as('Compliance').get(url('/api/audit?limit=500'), { 'sec-fetch-site': 'same-origin' });
    expect(signed.looks.length).toBeGreaterThan(0);
    expect(new Set(signed.looks.map(({ kind }) => kind))).toEqual(new Set(['record']));
  });
});

describe('a search for a caller', () => {
  const path = '/api/audit/caller?limit=5';
  const caller = 'Frieda Findable';

  it('is a look, by keyed hash, whatever it finds', async () => {
    const callerToken = signed.data.callerToken('name:frieda findable');
    const { id } = signed.data.raise({ caller: { name: caller } });
    signed.looks.length = 0;
    const answer = await as('Compliance').act(url(path), { caller });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(`emergency-${id}`)]);
    await as('Administrator').act(url('/api/audit/caller/counts'), { caller: 'Nobody' });
    expect(signed.looks[0]).toMatchObject({ kind: 'search', callerToken, over: 'desk' });
    expect(signed.looks.filter(({ kind }) => kind === 'search').map(({ person }) => person.name)).toEqual([
      'Cora Compliance',
      'Ada Administrator',
    ]);
    expect(`${JSON.stringify(signed.looks)}${signed.logged.join()}`).not.toMatch(/frieda|nobody"/i);
  });

  it('is refused to those who may not see persons, or not read the record, and its field is not offered', async () => {
    signed.looks.length = 0;
    for (const role of ['Operator', 'Responder'] as const) {
      const answer = await as(role).act(url(path), { caller });
      expect([answer.status, answer.json()['code']]).toEqual([403, 'not-allowed']);
      expect(answer.text).not.toContain(caller);
    }
    expect(signed.looks).toEqual([]);
    expect((await as('Compliance').get(url('/audit'))).text).toContain('id="caller"');
    expect((await as('Operator').get(url('/audit'))).text).not.toContain('id="caller"');
  });
});

describe('the admin page', () => {
  it('says when looks cannot be recorded', async () => {
    const rows = async () => {
      const { rows } = (await as('Operator').get(url('/api/health'))).json() as {
        rows: { name: string; state: string }[];
      };
      return rows.find(({ name }) => name === 'Record of who looked at what');
    };
    expect(await rows()).toMatchObject({ state: 'ok' });
    signed.accessState = { waiting: 7, waitingSince: Date.now() - 60_000, lost: 0 };
    expect(await rows()).toMatchObject({ state: 'warning' });
    signed.accessState = { waiting: 7, lost: 3 };
    expect(await rows()).toMatchObject({ state: 'trouble', word: expect.stringContaining('3 looks') });
  });
});
