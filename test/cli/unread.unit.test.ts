import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { runAlarms } from '#cli/roles/alarms-running.ts';
import { createIngestProbe } from '#cli/roles/ingest-probe.ts';
import { createListening, type ListeningDeps } from '#cli/roles/listening.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import { queryAlarms, unreadFields } from '#infra/alarms.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { small, standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const silent = pino({ level: 'silent' });

/** A reader that stands still behind message 10 while one more comes each five seconds. */
async function standingStill(seconds: number) {
  const clock = createManualClock(start);
  const metrics = createMetrics('0.0.0');
  const { observer, partitions } = createIngestProbe(clock, metrics, silent);
  observer.opened('0', 10, { sequenceNumber: 10, enqueuedAt: start });
  observer.state('0', 'reading');
  for (let passed = 0; passed <= seconds; passed += 5) {
    observer.heard('0', { sequenceNumber: 10 + passed / 5, enqueuedAt: clock.now() });
    clock.advance(5000);
  }
  const [health] = partitions();
  const gauge = (await metrics.registry.getSingleMetric('tocsin_ingest_lag_seconds')?.get())?.values[0]?.value;
  return { clock, health, gauge, observer, partitions };
}

/** The lines, as the program writes them, of a process that sees this health for so long. */
async function linesOf(lagMs: number, forMs: number): Promise<readonly Record<string, unknown>[]> {
  const clock = createHurriedClock(start);
  const stop = new AbortController();
  const lines: Record<string, unknown>[] = [];
  await runAlarms({
    context: {
      clock: {
        ...clock,
        async sleep(ms, signal) {
          await clock.sleep(ms, signal);
          if (clock.now() - start >= forMs) stop.abort();
        },
      },
      log: pino({ base: null }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) }),
      metrics: createMetrics('0.0.0'),
    },
    targets: [],
    listening: () => ({
      ...{ ok: true, since: start },
      partitions: [{ partition: '3', state: 'reading', since: start, appendedTo: 5, lagMessages: 7, lagMs }],
    }),
    signal: stop.signal,
  });
  return lines;
}

describe('what waits in the hub', () => {
  it('is as old as the oldest message, for the reader and for Prometheus, while new ones keep coming', async () => {
    const { health, gauge } = await standingStill(3600);
    expect(health).toMatchObject({ lagMessages: 720, lagMs: 3600 * 1000 - 5000 });
    expect(gauge).toBe(3595);
  });

  it('is nothing once it was read, and is not known before the log was looked at', async () => {
    const { observer, partitions } = await standingStill(60);
    observer.appended('0', [], 22, '22');
    expect(partitions()[0]).toMatchObject({ lagMessages: 0, lagMs: 0 });
    observer.heard('1', { sequenceNumber: 900, enqueuedAt: start - 86_400_000 });
    expect(partitions().find(({ partition }) => partition === '1')?.lagMs).toBeUndefined();
  });

  it('is what came and is not in the log yet, however much more the hub may have', async () => {
    const { observer, partitions } = await standingStill(0);
    const message = (sequenceNumber: number, age: number) => ({ sequenceNumber, enqueuedAt: start - age });
    observer.received('0', message(11, 9000), message(60, 2000));
    expect(partitions()[0]).toMatchObject({ lagMessages: 50, lagMs: 14_000 });
    observer.received('0', message(11, 9000), message(30, 5000));
    expect(partitions()[0]).toMatchObject({ lagMessages: 50 });
    observer.appended('0', [], 60, '60');
    expect(partitions()[0]).toMatchObject({ lagMessages: 0, lagMs: 0 });
    observer.heard('0', { sequenceNumber: 100, enqueuedAt: start - 1000 });
    expect(partitions()[0]).toMatchObject({ lagMessages: 40 });
    expect(partitions()[0]?.lagMs).toBeGreaterThanOrEqual(6000);
  });

  it('is known from the moment at which reading begins, and not gone when the first of it was read', async () => {
    const { observer, partitions } = await standingStill(0);
    observer.opened('0', 10, { sequenceNumber: 5000, enqueuedAt: start - 60_000 });
    expect(partitions()[0]).toMatchObject({ lagMessages: 4990 });
    observer.received(
      '0',
      { sequenceNumber: 11, enqueuedAt: start - 7_200_000 },
      { sequenceNumber: 510, enqueuedAt: start - 7_000_000 },
    );
    observer.appended('0', [], 510, '510');
    expect(partitions()[0]).toMatchObject({ lagMessages: 4490 });
    expect(partitions()[0]?.lagMs).toBeGreaterThan(60_000);
  });

  it('may be more than what came after the hub was away: that proves nothing until its end is known again', async () => {
    const { clock, observer, partitions } = await standingStill(0);
    const proved = partitions()[0]?.heardAt;
    clock.advance(20_000);
    const late = { sequenceNumber: 11, enqueuedAt: start + 1000 };
    observer.received('0', late, late);
    expect(partitions()[0]?.heardAt).toBe(proved);
    observer.heard('0', { sequenceNumber: 11, enqueuedAt: start + 1000 });
    clock.advance(1000);
    observer.received('0', late, late);
    expect(partitions()[0]?.heardAt).toBe(clock.now());
    clock.advance(20_000);
    observer.received('0', late, { sequenceNumber: 12, enqueuedAt: clock.now() - 100 });
    expect(partitions()[0]?.heardAt).toBe(clock.now());
  });

  it('is that of the new hub when the hub was made anew', async () => {
    const { observer, partitions } = await standingStill(60);
    observer.opened('0', -1, { sequenceNumber: -1, enqueuedAt: 0 });
    expect(partitions()[0]).toMatchObject({ lagMessages: 0, lagMs: 0 });
  });

  it('is as old as the oldest message for a desk that only looks on', async () => {
    const clock = createManualClock(start);
    let end = 0;
    const partition = async () => ({
      ok: true as const,
      partition: {
        ...{ partitionId: '0', beginningSequenceNumber: 0, isEmpty: false, lastEnqueuedOffset: '' },
        ...{ lastEnqueuedSequenceNumber: end, lastEnqueuedAt: clock.now() },
      },
    });
    const describe = async () => ({
      ok: true as const,
      hub: { namespace: 'n', hub: 'h', createdAt: start, partitionIds: ['0'] },
    });
    const list = async () => [{ partitionId: '0', ownerId: 'ingest', claimedAt: clock.now() }];
    const listening = createListening({
      clock,
      elsewhere: {
        ownership: { list } as unknown as NonNullable<ListeningDeps['elsewhere']>['ownership'],
        ...{ source: { describe, partition }, log: createMemoryEventLog(), hub: 'h' },
      },
    });
    const stop = new AbortController();
    const running = listening.run(stop.signal);
    for (let look = 0; look < 20; look++) {
      await eventually('a look', () => clock.sleepers() === 1);
      end += 1;
      clock.advance(3000);
    }
    await eventually('the last look', () => clock.sleepers() === 1);
    expect(listening.state()).toMatchObject({ ok: false, partitions: [{ lagMessages: 21, lagMs: 60_000 }] });
    stop.abort();
    await running;
  });

  it('is a line of the log once it has waited for a minute, again every four, with the fields that alarms look for', async () => {
    expect(await linesOf(59_000, 600_000)).toEqual([]);
    const lines = await linesOf(302_400_500, 590_000);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      ...{ level: 50, msg: 'messages of the hub wait in partition 3', unreadMessages: 7 },
      ...{ [unreadFields.partition]: '3', [unreadFields.seconds]: 302_400 },
    });
    for (const given of [small, standard]) {
      const query = queryAlarms(settingsOf(given)).find(({ name }) => name === 'lag-half-retention')?.query ?? '';
      const fields = [...query.matchAll(/Row\.(\w+)/g)].map(([, field = '']) => field);
      expect(fields.length).toBeGreaterThan(0);
      for (const field of fields) expect(lines[0]).toHaveProperty(field);
      const threshold = Number(/Seconds >= (\d+)/.exec(query)?.[1]);
      expect(lines[0]?.[unreadFields.seconds]).toBeGreaterThanOrEqual(threshold);
    }
  });
});
