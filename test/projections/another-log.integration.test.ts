import { expect, test } from 'vitest';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import type { EventLog } from '#ports/event-log.ts';
import { fillFromLog } from '#projections/fill.ts';
import { projections, readModelNames } from '#projections/read-models.ts';
import { digests, happen, type Place, place, start } from '#test/projections/running.ts';
import { inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createReplaceableLog } from '#test/support/replaceable-log.ts';

/** What the same log looks like without anything that was kept. */
async function foldedAnew(here: Pick<Place, 'log'>): Promise<readonly string[]> {
  const other = await place();
  const fresh = start({ folder: other.folder, log: here.log });
  await fresh.level();
  return digests(fresh.models);
}

const discardedAll = readModelNames.map((name) => `discarded ${name}`).toSorted();
const said = ({ reports }: ReturnType<typeof start>) => reports.map(({ kind, name }) => `${kind} ${name}`).toSorted();

test.each([
  ['ends before it', 1],
  ['has grown past it', 12],
])('what was kept of another log is folded anew where the log %s, and calls appear', async (_, calls) => {
  const before = await place();
  const gone: string[] = [];
  for (let i = 0; i < 6; i++) gone.push(await happen(before));
  const first = start(before);
  await first.level();
  await first.stop();

  const here = { folder: before.folder, log: (await place()).log };
  for (let i = 0; i < calls; i++) await happen(here);
  const second = start(here);
  await eventually('it was said', () => second.reports.length === readModelNames.length);
  await second.level();
  const told: string[] = [];
  second.models.emergencies.subscribe(({ document }) => told.push(document.id));
  const id = await happen(here);
  await eventually('the call was told', () => told.includes(id));
  expect(await second.models.emergencies.get(gone[0] ?? '')).toBeUndefined();
  await second.level();
  expect(await digests(second.models)).toEqual(await foldedAnew(here));
  expect(said(second)).toEqual(discardedAll);
});

test('another log is noticed though nothing but chatter was ever read of the one before', async () => {
  const before = await place();
  await before.log.append(
    'inbox-hub-0',
    'no-stream',
    Array.from({ length: 40 }, () => inboxEvent()),
  );
  const first = start(before);
  await first.level();
  await first.stop();
  expect(first.models.states().find(({ name }) => name === 'emergencies')?.position).toBe('00000000000000000040');

  const here = { folder: before.folder, log: (await place()).log };
  const id = await happen(here);
  await happen(here, 60);
  const second = start(here);
  await eventually('it was said', () => second.reports.length === readModelNames.length);
  await second.level();
  expect((await second.models.emergencies.get(id))?.id).toBe(id);
});

test('a log that was put back while it is followed is folded anew, and who follows is told to begin again', async () => {
  const [whole, copy] = [await place(), await place()];
  for (let i = 0; i < 6; i++) await happen(whole);
  await happen(copy);
  const { log, putBack } = createReplaceableLog(whole.log);
  const running = start({ folder: whole.folder, log });
  await running.level();
  let replaced = 0;
  running.models.emergencies.onReplaced(() => replaced++);
  putBack(copy.log);
  await eventually('it was said', () => running.reports.length === readModelNames.length);
  const told: string[] = [];
  running.models.emergencies.subscribe(({ document }) => told.push(document.id));
  const id = await happen(copy);
  await eventually('the call was told', () => told.includes(id));
  await running.level();
  expect(await digests(running.models)).toEqual(await foldedAnew(copy));
  expect([said(running), replaced]).toEqual([discardedAll, 1]);
});

test('after somebody else wrote to the files what is kept is opened again, and calls go on appearing', async () => {
  const here = await place();
  await happen(here);
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const held: EventLog = {
    ...here.log,
    async *subscribe(options) {
      for await (const item of here.log.subscribe(options)) {
        await gate.promise;
        yield item;
      }
    },
  };
  const first = start({ folder: here.folder, log: held });
  await first.level();
  gate = Promise.withResolvers();
  const missed = await happen(here);
  // As a second process does that is refused a moment later.
  for (const name of readModelNames) {
    const { store } = await createReadModelFiles(here).open(projections[name].schema);
    const { signal } = new AbortController();
    await fillFromLog({ log: here.log, projection: projections[name] }, store, { signal });
    await store.close();
  }
  // Nothing of a call is in the record of the watch.
  const concerned = ['audit', 'emergencies', 'health'];
  let replaced = 0;
  first.models.emergencies.onReplaced(() => replaced++);
  gate.resolve();
  await eventually('it was noticed', () => first.reports.length === concerned.length);
  await first.level();
  const told: string[] = [];
  first.models.emergencies.subscribe(({ document }) => told.push(document.id));
  const id = await happen(here);
  await eventually('the call was told', () => told.includes(id));
  expect((await first.models.emergencies.get(missed))?.id).toBe(missed);
  await first.level();
  expect([replaced, said(first)]).toEqual([1, concerned.map((name) => `failed ${name}`)]);
  expect(await digests(first.models)).toEqual(await foldedAnew(here));
});
