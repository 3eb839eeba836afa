import { expect, it } from 'vitest';
import type { PreparedEvent } from '#simulator/event-hubs/amqp/event-message.ts';
import { openPartitionLog, type PartitionLog } from '#simulator/event-hubs/log/partition-log.ts';
import { createImageCache, createMemoryStore } from '#simulator/event-hubs/log/segment-files.ts';
import { eventually } from '#test/support/eventually.ts';

const eventOf = (bytes: number): PreparedEvent => ({
  header: undefined,
  kept: [],
  partitionKey: undefined,
  rest: [Buffer.alloc(bytes)],
});
const event = eventOf(10);

interface SlowDisk {
  readonly log: PartitionLog;
  readonly syncs: readonly PromiseWithResolvers<void>[];
  /** Sequence numbers with which segments begin. */
  readonly begun: readonly number[];
}

/** A partition whose disk is asked to sync and does not answer by itself. */
async function onSlowDisk(): Promise<SlowDisk> {
  const syncs: PromiseWithResolvers<void>[] = [];
  const begun: number[] = [];
  const sync = () => {
    const asked = Promise.withResolvers<void>();
    syncs.push(asked);
    return asked.promise;
  };
  const begin = async ({ base }: { readonly base: number }) => {
    begun.push(base);
  };
  const log = await openPartitionLog({
    id: '0',
    store: { ...createMemoryStore(), begin, sync },
    cache: createImageCache(1),
    retention: {},
    now: () => 0,
  });
  return { log, syncs, begun };
}

/** How appends ended so far, in that order. */
function ends(appends: Readonly<Record<string, Promise<void>>>): string[] {
  const ended: string[] = [];
  for (const [name, append] of Object.entries(appends))
    append.then(
      () => ended.push(`${name} stored`),
      (error: unknown) => ended.push(`${name} refused: ${error instanceof Error ? error.message : String(error)}`),
    );
  return ended;
}

it('shows events to consumers while the disk is still busy with them, and acknowledges them only afterwards', async () => {
  const { log, syncs } = await onSlowDisk();
  const ended = ends({ first: log.append([event]) });
  await eventually('the first is there to be read', () => log.ends().next === 1);
  expect(await log.read(0, 10, 1_000)).toHaveLength(1);

  // What comes meanwhile is to be read as well, and is covered by a sync that begins later.
  const more = ends({ second: log.append([event]), third: log.append([event]) });
  await eventually('the others are there to be read', () => log.ends().next === 3);
  expect(syncs).toHaveLength(1);
  expect(ended).toEqual([]);

  syncs[0]?.resolve();
  await eventually('the next sync', () => syncs.length === 2);
  expect(ended).toEqual(['first stored']);
  expect(more).toEqual([]);

  syncs[1]?.resolve();
  await eventually('the others are acknowledged', () => more.length === 2);
  expect(more).toEqual(['second stored', 'third stored']);
  expect(syncs).toHaveLength(2);
});

it('does not acknowledge what could not be synced, and goes on', async () => {
  const { log, syncs } = await onSlowDisk();
  const ended = ends({ first: log.append([event]) });
  await eventually('a sync', () => syncs.length === 1);
  syncs[0]?.reject(new Error('no space left'));
  await eventually('an answer', () => ended.length === 1);
  expect(ended).toEqual(['first refused: no space left']);

  const later = ends({ second: log.append([event]) });
  await eventually('another sync', () => syncs.length === 2);
  syncs[1]?.resolve();
  await eventually('another answer', () => later.length === 1);
  expect(later).toEqual(['second stored']);
});

it('begins a new file only when all of the one before is durable', async () => {
  const { log, syncs, begun } = await onSlowDisk();
  const ended = ends({ first: log.append([eventOf(1_500_000)]), second: log.append([eventOf(1_500_000)]) });
  await eventually('a sync', () => syncs.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0]);

  syncs[0]?.resolve();
  await eventually('the next sync', () => syncs.length === 2);
  expect(begun).toEqual([0, 1]);
  syncs[1]?.resolve();
  await eventually('both are acknowledged', () => ended.length === 2);
  expect(ended).toEqual(['first stored', 'second stored']);
});

it('ends only when all that was written is durable', async () => {
  const { log, syncs } = await onSlowDisk();
  const ended = ends({ append: log.append([event]) });
  await eventually('a sync', () => syncs.length === 1);
  const closed = ends({ close: log.close() });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toEqual([]);
  syncs[0]?.resolve();
  await eventually('the end', () => closed.length === 1);
  expect(ended).toEqual(['append stored']);
});

it('removes what retention passed one after the other, oldest first, and says what it could not remove and tries it again', async () => {
  const asked: { readonly base: number; readonly answer: PromiseWithResolvers<void> }[] = [];
  const said: string[] = [];
  const drop = ({ base }: { readonly base: number }) => {
    const answer = Promise.withResolvers<void>();
    asked.push({ base, answer });
    return answer.promise;
  };
  const log = await openPartitionLog({
    id: '0',
    store: { ...createMemoryStore(), drop },
    cache: createImageCache(1),
    retention: { maxBytes: 1 },
    now: () => 0,
    log: (line) => said.push(line),
  });
  const bases = () => asked.map(({ base }) => base);
  for (let n = 0; n < 4; n++) await log.append([eventOf(1_500_000)]);
  expect(bases()).toEqual([0]);

  // Were the next one removed, one would be missing between those that are there.
  asked[0]?.answer.reject(new Error('access is denied'));
  await eventually('it is said', () => said.length === 1);
  expect(said[0]).toMatch(/partition 0 .*access is denied/);
  expect(bases()).toEqual([0]);

  log.ends();
  expect(bases()).toEqual([0, 0]);
  asked[1]?.answer.reject(new Error('access is denied'));
  await eventually('it is tried again', () => {
    log.ends();
    return asked.length === 3;
  });
  asked[2]?.answer.resolve();
  await eventually('the next one is removed', () => asked.length === 4);
  asked[3]?.answer.resolve();
  await eventually('the last one is removed', () => asked.length === 5);
  expect(bases()).toEqual([0, 0, 0, 1, 2]);
  expect(said).toHaveLength(1);

  const closed = ends({ close: log.close() });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toEqual([]);
  asked[4]?.answer.resolve();
  await eventually('the end', () => closed.length === 1);
});
