import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { contextOf, type RunContext } from '#cli/roles/context.ts';
import { createDeskData } from '#cli/roles/desk-data.ts';
import { openDeskSignIn } from '#cli/roles/desk-sign-in.ts';
import { openShared } from '#cli/roles/shared.ts';
import { readSettings } from '#config/read-settings.ts';
import { personal } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createReadModels } from '#projections/read-models.ts';
import { eventFixture } from '#test/domain/event-fixtures.ts';
import { deskClient, serviceUser, startEntra, tenantId, trustedAuthority } from '#test/simulator/entra/start-entra.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { deskCertificate, people } from '#test/web/sign-in/signed-desk.ts';
import { startTlsProxy } from '#test/web/sign-in/tls-proxy.ts';
import { createUserAgent } from '#test/web/sign-in/user-agent.ts';
import { startDeskServer } from '#web/server.ts';

const emergencyId = '00000000-0000-4000-8000-000000000001';

/** A desk as it is put together for real, over the embedded log and key store, with one call of Carla Caller in it. */
async function start() {
  const proxy = await startTlsProxy();
  const redirectUris = [`${proxy.origin}/signed-in`, `${proxy.origin}/signed-out`];
  const entra = await startEntra({
    tenant: {
      ...{ id: tenantId, domain: 'contoso.example', serviceUser: serviceUser.upn },
      users: [serviceUser, ...Object.values(people)],
    },
    clients: [{ ...deskClient, redirectUris, certificates: [deskCertificate.cert] }],
  });
  const folder = temporaryFolder();
  const pem = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const read = readSettings({
    environment: {
      TOCSIN_STATE_DIR: folder,
      TOCSIN_TENANT: tenantId,
      TOCSIN_ENTRA: entra.simulator.authority,
      TOCSIN_ALLOWED_HOSTS: new URL(entra.simulator.authority).host,
      TOCSIN_CERTIFICATE_AUTHORITY: pem('authority.pem', trustedAuthority),
      TOCSIN_LOG_LEVEL: 'silent',
    },
  });
  if (!read.ok) throw new Error(read.problems.join(' '));
  const stop = new AbortController();
  const context: RunContext = contextOf(read.settings, '0.0.0-test', stop.signal);
  const shared = await openShared(context, { kind: 'sqlite', file: join(folder, 'event-log.db') });
  const raised = eventFixture('EmergencyRaised', 1);
  const call = raised.data['call'] as JsonObject;
  const id = context.ids.random();
  const sealed = await shared.sealer.seal([
    {
      eventId: id,
      document: {
        call: {
          ...call,
          emergencyId,
          caller: { name: personal('upn:carla@contoso.example', 'Carla Caller') },
          location: {},
        },
      },
    },
  ]);
  if (!sealed.ok) throw new Error(sealed.detail);
  await shared.eventLog.append(`emergency-${emergencyId}`, 'no-stream', [
    { id, type: raised.type, data: sealed.documents[0] as JsonObject, metadata: raised.metadata },
  ]);
  const readModels = createReadModels({
    log: shared.eventLog,
    stores: createReadModelFiles({ folder: join(folder, 'read-models') }),
    clock: context.clock,
    onReport: () => {},
  });
  const following = readModels.run(stop.signal);
  const since = new Date().toISOString();
  const deps = {
    ...{ context, shared, readModels },
    health: async () => ({ rows: [], listening: { ok: true, since, feeds: [] } }),
    ready: () => true,
  };
  const parts = openDeskSignIn(deps, {
    ...{ url: proxy.origin, clientId: deskClient.clientId, trustedProxy: true },
    certificateFile: pem('desk.pem', deskCertificate.cert),
    privateKey: deskCertificate.key,
  });
  const recording = parts.run(stop.signal);
  const started = await startDeskServer({
    ...{ data: createDeskData(deps), signIn: parts.signIn, host: '127.0.0.1', port: 0 },
    ...{ log: context.log, now: context.clock.now, version: context.version },
  });
  if (!started.ok) throw new Error(started.reason);
  proxy.target = started.desk.url;
  onTestFinished(async () => {
    await started.desk.close();
    stop.abort();
    await Promise.all([following, recording]);
    await readModels.close();
    await parts.close();
    await shared.close();
    await Promise.all([proxy.close(), entra.close()]);
  });
  return { origin: proxy.origin, shared, folder, context };
}

it('shows a call to whoever may see it, hides its persons from an operator, and records who looked, sealed', async () => {
  const { origin, shared } = await start();
  const [responder, operator, compliance] = [createUserAgent(), createUserAgent(), createUserAgent()];
  await responder.signIn(`${origin}/`, people.responder);
  await operator.signIn(`${origin}/`, people.operator);
  await compliance.signIn(`${origin}/`, people.compliance);
  const path = `${origin}/api/emergencies/${emergencyId}`;
  await eventually('the call is shown', async () => (await operator.get(path)).status === 200);

  expect((await responder.get(path)).json()).toMatchObject({ caller: { name: 'Carla Caller' } });
  const hidden = (await operator.get(path)).json();
  expect(hidden).toMatchObject({ caller: { name: '[hidden]' } });
  expect(JSON.stringify(hidden)).not.toMatch(/Carla|\$sealed/);
  const trail = await operator.get(`${origin}/api/audit?stream=emergency-${emergencyId}`);
  expect(trail.text).toContain('[hidden]');
  expect(trail.text).not.toMatch(/Carla|\$sealed/);
  for (let tick = 0; tick < 5; tick += 1) await responder.get(path);

  const stored = await eventually('the looks are on record', async () => {
    const page = await shared.eventLog.readStream('access', { direction: 'forwards', limit: 100 });
    return page.ok && page.events.some(({ type }) => type === 'EmergencyViewed') ? page.events : undefined;
  });
  const viewed = stored.filter(({ type }) => type === 'EmergencyViewed');
  expect(viewed).toHaveLength(1);
  expect(viewed[0]?.data).toMatchObject({ emergency: emergencyId, proved: 'sign-in' });
  expect(JSON.stringify(stored)).not.toMatch(/Rae R|Olive O|Cora C|7a0e0000/);
  expect(stored.filter(({ type }) => type === 'SessionStarted')).toHaveLength(3);

  // Whoever has to answer for it can read who it was; an operator cannot.
  const log = async (by: typeof compliance) => (await by.get(`${origin}/api/audit?stream=access`)).text;
  await eventually('the record shows it', async () => (await log(compliance)).includes('Rae Responder'));
  expect(await log(operator)).not.toContain('Rae Responder');
  await Promise.all([responder, operator, compliance].map((agent) => agent.close()));
});
