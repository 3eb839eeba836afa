import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { AppendResult, EventLog, NewEvent } from '#ports/event-log.ts';
import { follow, idsOf, newEvents } from '#test/adapters/eventstoredb/follow.ts';
import { type Stack, startStack } from '#test/adapters/eventstoredb/stack.ts';

const patient = { timeout: 30_000, interval: 20 };
let dying: Stack;
let healthy: Stack;

beforeEach(async () => {
  [dying, healthy] = await Promise.all([startStack(), startStack()]);
});

afterEach(async () => {
  await Promise.all([dying.close(), healthy.close()]);
});

const reasonOf = (result: AppendResult) => (result.ok ? 'ok' : result.reason);

/** Appends to streams of their own, all in flight at once. */
const appendAll = (log: EventLog, batches: readonly NewEvent[][]) =>
  Promise.all(batches.map((events, n) => log.append(`stream-${n}`, 'no-stream', events)));

describe('one dead server', () => {
  it('takes down neither the process nor the appends of another client', async () => {
    const [doomed, well] = await Promise.all([dying.open({ appendTimeoutMs: 2_000 }), healthy.open()]);
    await Promise.all([
      doomed.append('warm', 'no-stream', newEvents(1)),
      well.append('warm', 'no-stream', newEvents(1)),
    ]);
    // Answers of the healthy server come late, so that its appends are pending when the other one dies.
    await healthy.simulator.faults.start('slow', { delayMs: 300 });
    await dying.simulator.faults.start('silent');
    const batches = Array.from({ length: 20 }, () => newEvents(20));
    const lost = appendAll(doomed, batches);
    const kept = appendAll(well, batches);
    await dying.simulator.faults.start('dies');
    expect((await lost).map(reasonOf).filter((reason) => reason === 'ok')).toEqual([]);
    expect((await kept).map(reasonOf)).toEqual(batches.map(() => 'ok'));
    await healthy.simulator.faults.stop('slow');
    expect(reasonOf(await well.append('warm', 0, newEvents(1)))).toBe('ok');
  });

  it('takes down nothing else when its log is closed with appends in flight', async () => {
    const [doomed, well] = await Promise.all([dying.open(), healthy.open()]);
    await dying.simulator.faults.start('silent');
    await healthy.simulator.faults.start('slow', { delayMs: 200 });
    const batches = Array.from({ length: 5 }, () => newEvents(3));
    const lost = appendAll(doomed, batches);
    const kept = appendAll(well, batches);
    await vi.waitFor(() => expect(dying.engine.lastPosition()).resolves.toMatchObject({ position: 15n }), patient);
    await doomed.close();
    expect((await lost).map(reasonOf)).toEqual(batches.map(() => 'unknown-outcome'));
    expect((await kept).map(reasonOf)).toEqual(batches.map(() => 'ok'));
  });

  it('is met by appends that begin while the client gives up its connection', async () => {
    const log = await dying.open({ appendTimeoutMs: 1_000 });
    await log.append('warm', 'no-stream', newEvents(1));
    for (let round = 0; round < 5; round++) {
      const appends: Promise<AppendResult>[] = [];
      // In every turn of the event loop around the drop some appends begin.
      const dropped = dying.simulator.faults.start('dies');
      for (let turn = 0; turn < 50; turn++) {
        appends.push(...Array.from({ length: 5 }, () => log.append('other', 'no-stream', newEvents(1))));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await dropped;
      const reasons = new Set((await Promise.all(appends)).map(reasonOf));
      expect(
        [...reasons].every((reason) =>
          ['unavailable', 'unknown-outcome', 'ok', 'wrong-expected-revision'].includes(reason),
        ),
      ).toBe(true);
      await dying.simulator.faults.stop('dies');
      await vi.waitFor(
        async () => expect(await log.readAll({ direction: 'backwards', limit: 1 })).toMatchObject({ ok: true }),
        patient,
      );
    }
  });
});

describe('a cluster that is down', () => {
  it('is unavailable to appends, reads and subscriptions, and ends no process', async () => {
    const ports = [dying.simulator.port, healthy.simulator.port];
    await Promise.all([dying.simulator.faults.start('dies'), healthy.simulator.faults.start('dies')]);
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const log = await createEventStoreDbLog({
      connectionString: `esdb://${hosts}?tls=false&maxDiscoverAttempts=2&discoveryInterval=10`,
      clock: systemClock,
      ids: systemIds,
    });
    const follower = follow(log);
    const appends = await appendAll(
      log,
      Array.from({ length: 5 }, () => newEvents(1)),
    );
    expect(appends.map(reasonOf)).toEqual(appends.map(() => 'unavailable'));
    expect(await log.readAll({ direction: 'forwards', limit: 1 })).toMatchObject({ ok: false, reason: 'unavailable' });
    await vi.waitFor(
      () => expect(follower.states.filter((state) => state === 'down').length).toBeGreaterThan(1),
      patient,
    );

    await healthy.simulator.faults.stop('dies');
    const events = newEvents(2);
    await vi.waitFor(async () => {
      expect(await log.append('found', 'no-stream', events)).toMatchObject({ ok: true, revision: 1 });
    }, patient);
    await vi.waitFor(() => expect(idsOf(follower.events)).toEqual(idsOf(events)), patient);
    await follower.stop();
    await log.close();
  });
});

describe('a server that is killed again and again while it is written to', () => {
  it('holds in the end every event once, in order', { timeout: 60_000 }, async () => {
    const log = await dying.open({ appendTimeoutMs: 1_000 });
    const follower = follow(log);
    const batches = Array.from({ length: 150 }, () => newEvents(10));
    let unknown = 0;
    let stop = false;
    const killer = (async () => {
      while (!stop) {
        const head = async () => (await dying.engine.lastPosition()) as { readonly position: bigint };
        const { position } = await head();
        await vi.waitFor(async () => expect(stop || (await head()).position > position + 50n).toBe(true), patient);
        await dying.simulator.faults.start('dies');
        await dying.simulator.faults.stop('dies');
      }
    })();
    let expected: number | 'no-stream' = 'no-stream';
    for (const events of batches) {
      expected = await vi.waitFor(
        async (): Promise<number> => {
          const result = await log.append('killed', expected, events);
          if (!result.ok && result.reason === 'unknown-outcome') unknown++;
          expect(result).toMatchObject({ ok: true });
          return result.ok ? result.revision : -1;
        },
        { timeout: 30_000, interval: 5 },
      );
    }
    stop = true;
    await killer;
    const all = batches.flatMap(idsOf);
    const stored = await vi.waitFor(async () => {
      const page = await log.readStream('killed', { direction: 'forwards', limit: 10_000 });
      expect(page.ok).toBe(true);
      return page.ok ? page.events : [];
    }, patient);
    expect(idsOf(stored)).toEqual(all);
    await vi.waitFor(() => expect(follower.events).toHaveLength(all.length), patient);
    expect(idsOf(follower.events)).toEqual(all);
    expect(unknown).toBeGreaterThanOrEqual(0);
    await follower.stop();
  });
});
