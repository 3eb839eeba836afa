import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { EmergencyDocumentChange } from '#projections/emergencies/queries.ts';
import { createReadModels, readModelNames } from '#projections/read-models.ts';
import { digests, happen, place, start } from '#test/projections/running.ts';
import { eventually } from '#test/support/eventually.ts';

test('what happens is shown, and who listens is told of it once it is', async () => {
  const here = await place();
  const before = await happen(here);
  const { models, level } = start(here);
  await level();
  const told: string[] = [];
  const asked: Promise<unknown>[] = [];
  const end = models.emergencies.subscribe(({ position, document }) => {
    told.push(`${document.id} ${document.state}`);
    asked.push(models.emergencies.changesAfter(position, 10), models.emergencies.get(document.id));
  });
  const id = await happen(here);
  await eventually('it was told', () => told.length >= 2);
  expect(told).toEqual([`${id} unacknowledged`, `${id} acknowledged`]);
  expect((await Promise.all(asked)).at(-1)).toMatchObject({ id, state: 'acknowledged' });
  end();
  await happen(here);
  await level();
  expect(told).toHaveLength(2);
  expect((await models.audit.story(before)).map(({ type }) => type)).toContain('EmergencyRaised');
  expect(await models.health.feeds()).toMatchObject([
    { feed: 'chat', notices: 9 },
    { feed: 'events', notices: 3 },
  ]);
});

test('a process that starts again goes on where it was', async () => {
  const here = await place();
  for (let i = 0; i < 5; i++) await happen(here);
  const first = start(here);
  await first.level();
  await first.stop();
  const left = new Map(first.models.states().map(({ name, position }) => [name, position]));
  await happen(here);
  const second = start(here);
  await second.models.emergencies.list({ limit: 1 });
  await second.level();
  const all = await digests(second.models);
  await second.stop();
  rmSync(here.folder, { recursive: true });
  const third = start(here);
  await third.level();
  expect(await digests(third.models)).toEqual(all);
  expect(left.get('audit')).toBe('00000000000000000030');
  expect([...first.reports, ...second.reports, ...third.reports]).toEqual([]);
});

test('a file that was deleted, damaged or altered in shape is made again, equal, and it is said', async () => {
  const here = await place();
  for (let i = 0; i < 20; i++) await happen(here);
  const first = start(here);
  await first.level();
  const before = await digests(first.models);
  await first.stop();
  rmSync(join(here.folder, 'health.db'));
  writeFileSync(join(here.folder, 'audit.db'), 'this is no database'.repeat(1000));
  const db = new DatabaseSync(join(here.folder, 'emergencies.db'));
  db.exec(`UPDATE read_model SET shape = 'of another time'`);
  db.close();
  const second = start(here);
  await second.level();
  expect(await digests(second.models)).toEqual(before);
  const reports = second.reports.map(({ kind, name }) => `${kind} ${name}`);
  expect(reports.toSorted()).toEqual(['discarded audit', 'discarded emergencies']);
});

test('a row that was altered shows in the digest, and a rebuild puts it right', async () => {
  const here = await place();
  const id = await happen(here);
  const first = start(here);
  await first.level();
  const { digest } = await first.models.digest('emergencies');
  await first.stop();
  const db = new DatabaseSync(join(here.folder, 'emergencies.db'));
  db.exec(`UPDATE emergencies SET document = replace(document, '"acknowledged"', '"resolved"')`);
  db.close();
  const second = start(here);
  await second.level();
  expect((await second.models.emergencies.get(id))?.state).toBe('resolved');
  expect((await second.models.digest('emergencies')).digest).not.toBe(digest);
  expect(await second.models.rebuild('emergencies')).toMatchObject({ equal: false, digest, events: 2 });
  expect((await second.models.emergencies.get(id))?.state).toBe('acknowledged');
});

test('a rebuild while calls come in is equal, and nobody misses or hears twice what happened', async () => {
  const here = await place();
  for (let i = 0; i < 150; i++) await happen(here, 10);
  const { models, level } = start(here);
  await level();
  const from = (await models.emergencies.open()).position;
  const told: EmergencyDocumentChange[] = [];
  models.emergencies.subscribe((change) => told.push(change));
  let ended = false;
  const asking = (async () => {
    while (!ended) {
      expect((await models.emergencies.list({ limit: 1 })).ok).toBe(true);
      expect((await models.audit.counts({ type: 'EmergencyRaised' })).total).toBeGreaterThanOrEqual(150);
    }
  })();
  const happening = (async () => {
    while (!ended) await happen(here);
  })();
  const progress: number[] = [];
  for (let round = 0; round < 3; round++)
    for (const name of readModelNames) {
      const rebuilt = await models.rebuild(name, (events) => progress.push(events));
      expect(rebuilt).toMatchObject({ equal: true, digestBefore: rebuilt.digest });
    }
  ended = true;
  await Promise.all([asking, happening]);
  await level();
  expect(progress.length).toBeGreaterThan(0);
  expect(told).toEqual(await models.emergencies.changesAfter(from, 100_000));
  expect(told.map(({ position }) => position)).toEqual([...new Set(told.map(({ position }) => position))].sort());
});

test('what a rebuild made is found by the next process, under the name that counts', async () => {
  const here = await place();
  for (let i = 0; i < 5; i++) await happen(here);
  const first = start(here);
  await first.level();
  const before = await digests(first.models);
  for (const name of readModelNames) await first.models.rebuild(name);
  await first.stop();
  const second = start(here);
  await second.level();
  expect(await digests(second.models)).toEqual(before);
  await second.stop();
  rmSync(join(here.folder, 'audit.db'));
  const third = start(here);
  await third.level();
  expect(await digests(third.models)).toEqual(before);
});

test('a rebuild that is asked for twice is one, and a stop ends it', async () => {
  const here = await place();
  for (let i = 0; i < 10; i++) await happen(here);
  const { models, level, stop } = start(here);
  await level();
  const [one, two] = await Promise.all([models.rebuild('audit'), models.rebuild('audit')]);
  expect(one).toBe(two);
  const underway = models.rebuild('audit').then(
    () => 'done',
    () => 'given up',
  );
  await stop();
  expect(['done', 'given up']).toContain(await underway);
  const again = start(here);
  await again.level();
  expect((await again.models.digest('audit')).digest).toBe(one.digest);
});

test('where nobody follows the log a rebuild compares both at its end', async () => {
  const here = await place();
  for (let i = 0; i < 3; i++) await happen(here);
  const first = start(here);
  await first.level();
  await first.stop();
  await happen(here);
  const models = createReadModels({ log: here.log, stores: createReadModelFiles(here), clock: systemClock });
  expect(await models.rebuild('emergencies')).toMatchObject({ equal: true, events: 8 });
  await models.close();
});
