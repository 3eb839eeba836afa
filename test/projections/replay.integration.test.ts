import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createMemoryReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import type { ReadModelName, ReadModels } from '#projections/read-models.ts';
import { readModelNames } from '#projections/read-models.ts';
import { type ReplayUntil, replay } from '#projections/replay.ts';
import { happen, type Place, place, start } from '#test/projections/running.ts';

async function again({ log }: Place, until?: ReplayUntil) {
  const found = await replay({
    ...{ log, stores: createMemoryReadModelFiles() },
    ...(until === undefined ? {} : { until }),
  });
  if (!found.ok) throw new Error(found.detail);
  return found;
}

/** Digests of the live ones, and the positions that they hold for. */
async function live(models: ReadModels) {
  const found = await Promise.all(readModelNames.map((name) => models.digest(name)));
  const by = <T>(value: (each: (typeof found)[number]) => T) =>
    Object.fromEntries(found.map((each) => [each.name, value(each)])) as Record<ReadModelName, T>;
  return { digests: by(({ digest }) => digest), positions: by(({ position }) => position ?? '') };
}

test('a replay from the first event gives what the live read models hold', async () => {
  const here = await place();
  for (let i = 0; i < 8; i++) await happen(here);
  const { models, level } = start(here);
  await level();
  const progress: number[] = [];
  const found = await replay({
    ...{ log: here.log, stores: createMemoryReadModelFiles() },
    onProgress: (events) => progress.push(events),
  });
  const { digests } = await live(models);
  expect(found).toEqual({
    ...{ ok: true, events: 48, lastPosition: '00000000000000000048', digests },
    emergencies: { total: 8, open: 8, unacknowledged: 0, acknowledged: 8, resolved: 0, test: 0 },
  });
  expect(progress.at(-1)).toBe(48);
});

test('a replay stops where each live one is, though the log goes on', async () => {
  const here = await place();
  for (let i = 0; i < 3; i++) await happen(here);
  const { models, level, stop } = start(here);
  await level();
  const { digests, positions } = await live(models);
  await stop();
  for (let i = 0; i < 3; i++) await happen(here);
  expect((await again(here, { positions })).digests).toEqual(digests);
  expect((await again(here)).digests).not.toEqual(digests);
});

test('a replay up to a position or a time holds what was there then', async () => {
  const here = await place();
  await happen(here);
  const stored = await here.log.readAll({ direction: 'forwards', limit: 100 });
  const raised = stored.ok ? stored.events.find(({ type }) => type === 'EmergencyRaised') : undefined;
  const at = await again(here, { position: raised?.position ?? '' });
  expect(at).toMatchObject({ events: 5, lastPosition: raised?.position, emergencies: { unacknowledged: 1, total: 1 } });
  expect(await again(here, { time: 0 })).toMatchObject({ events: 0, emergencies: { total: 0 } });
  expect(await again(here, { time: Date.now() + 60_000 })).toMatchObject({ events: 6, emergencies: { open: 1 } });
  expect(await again(here, { position: '' })).toMatchObject({ events: 0 });
  expect(await again(here, { positions: {} })).toMatchObject({ events: 0 });
});

test.each(['data', 'meta'])('one stored event whose %s was altered shows in the digests', async (column) => {
  const here = await place();
  for (let i = 0; i < 4; i++) await happen(here);
  const { models, level, stop } = start(here);
  await level();
  const { digests, positions } = await live(models);
  await stop();
  const db = new DatabaseSync(here.logFile);
  const { changes } = db
    .prepare(
      `UPDATE events SET ${column} = CAST(replace(CAST(${column} AS TEXT), '2026', '2025') AS BLOB) WHERE pos = 9`,
    )
    .run();
  expect(changes).toBe(1);
  db.close();
  const found = await again(here, { positions });
  expect(found.digests.audit).not.toBe(digests.audit);
  expect(found.digests.emergencies).toBe(digests.emergencies);
});

test('a log that does not answer ends a replay with that', async () => {
  const down: Place['log']['subscribe'] = async function* ({ onState }) {
    onState?.({ state: 'down', detail: 'nobody there' });
    yield* [];
  };
  expect(await replay({ log: { subscribe: down }, stores: createMemoryReadModelFiles() })).toEqual({
    ...{ ok: false, reason: 'unavailable', detail: 'nobody there' },
  });
});
