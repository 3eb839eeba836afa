import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { contextOf } from '#cli/roles/context.ts';
import { createDeskData } from '#cli/roles/desk-data.ts';
import { openShared } from '#cli/roles/shared.ts';
import { readSettings } from '#config/read-settings.ts';
import { personal } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createReadModels } from '#projections/read-models.ts';
import { eventFixture } from '#test/domain/event-fixtures.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const emergencyId = '00000000-0000-4000-8000-000000000002';
const stream = `emergency-${emergencyId}`;

/** What a desk shows, over the embedded log and key store, and how things come into the log past Tocsin. */
async function start() {
  const folder = temporaryFolder();
  const read = readSettings({ environment: { TOCSIN_STATE_DIR: folder, TOCSIN_LOG_LEVEL: 'silent' } });
  if (!read.ok) throw new Error(read.problems.join(' '));
  const stop = new AbortController();
  const context = contextOf(read.settings, '0.0.0-test', stop.signal);
  const shared = await openShared(context, { kind: 'sqlite', file: join(folder, 'event-log.db') });
  const readModels = createReadModels({
    ...{ log: shared.eventLog, clock: context.clock },
    stores: createReadModelFiles({ folder: join(folder, 'read-models') }),
  });
  const following = readModels.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await following;
    await readModels.close();
    await shared.close();
  });
  const desk = createDeskData({
    ...{ context, shared, readModels, ready: () => true },
    health: async () => {
      throw new Error('not asked for');
    },
  });
  const { metadata } = eventFixture('EmergencyRaised', 1);
  return {
    desk,
    /** A notice as ingest stores it. */
    async notice(person: string, name: string, street: string) {
      const id = context.ids.random();
      const call = { caller: { name: personal(person, name) }, location: { street: personal(person, street) } };
      const sealed = await shared.sealer.seal([{ eventId: id, document: { data: { call } } }]);
      if (!sealed.ok) throw new Error(sealed.detail);
      const data = sealed.documents[0] as unknown as { data: { call: { caller: JsonObject; location: JsonObject } } };
      return { id, caller: data.data.call.caller, location: data.data.call.location };
    },
    async raise(noticeId: string, caller: JsonObject, location: JsonObject) {
      const { type, data } = eventFixture('EmergencyRaised', 1);
      const call = { ...(data['call'] as JsonObject), emergencyId, noticeId, caller, location };
      const id = context.ids.random();
      await shared.eventLog.append(stream, 'no-stream', [{ id, type, data: { call }, metadata }]);
      return eventually('it is shown', async () => {
        const record = await desk.audit.get(id);
        const shown = await desk.emergencies.get(emergencyId);
        return record !== undefined && shown !== undefined && { ...shown, record: record.record };
      });
    },
    async page() {
      const records = [];
      for await (const record of desk.audit.page({ order: 'oldest', limit: 100, stream })) records.push(record);
      return records;
    },
  };
}

it('opens what an emergency copied from its notice, and the names of those who acted on it', async () => {
  const place = await start();
  const ana = await place.notice('upn:ana@contoso.example', 'Ana', 'Elm Street 1');
  const shown = await place.raise(ana.id, ana.caller, ana.location);
  const plain = { caller: { name: 'Ana' }, location: { street: 'Elm Street 1' } };
  expect(shown.emergency).toMatchObject(plain);
  expect(shown.record.data['call']).toMatchObject(plain);
  expect(await place.desk.acknowledge(emergencyId, { by: 'Rae', from: 'desk' })).toMatchObject({
    ok: true,
    emergency: { ...plain, acknowledged: { by: 'Rae' } },
  });
  await eventually('the act is in the trail', async () => (await place.page()).length === 2);
  expect(await place.page()).toMatchObject([{ data: { call: plain } }, { data: { by: 'Rae' } }]);
});

it('shows as damaged what was moved to another person or another field, wherever it is shown', async () => {
  const place = await start();
  const ana = await place.notice('upn:ana@contoso.example', 'Ana', 'Elm Street 1');
  const bo = await place.notice('upn:bo@contoso.example', 'Bo', 'Oak Street 2');
  const { name = null } = bo.caller;
  const shown = await place.raise(bo.id, ana.caller, { street: name });
  const closed = { caller: { name: '[damaged]' }, location: { street: '[damaged]' } };
  expect(shown.emergency).toMatchObject(closed);
  expect(shown.record.data['call']).toMatchObject(closed);
  expect(shown.story).toMatchObject([{ data: { call: closed } }]);
  expect(JSON.stringify([shown, await place.page()])).not.toMatch(/Ana|"Bo"/);
});
