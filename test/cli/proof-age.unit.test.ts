import pino from 'pino';
import { expect, it } from 'vitest';
import { createIngestProbe } from '#cli/roles/ingest-probe.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import { isReading } from '#cli/roles/proof-age.ts';
import type { EventSource } from '#ports/event-source.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

function setUp() {
  const clock = createManualClock(start);
  const metrics = createMetrics('0.0.0');
  const probe = createIngestProbe(clock, metrics, pino({ level: 'silent' }));
  probe.observer.state('1', 'reading');
  probe.observer.opened('1', 5, { sequenceNumber: 5, enqueuedAt: start });
  const gauge = async (name: string) =>
    (await metrics.registry.getSingleMetric(`tocsin_ingest_${name}`)?.get())?.values.map(({ value }) => value);
  return { ...{ clock, metrics, gauge }, ...probe };
}

it.each<[string, EventSource['partition']]>([
  ['refuses', async () => ({ ok: false, reason: 'unavailable', detail: 'no answer' })],
  ['keeps whoever asks waiting', () => new Promise(() => undefined)],
])('a hub that %s shows in the age of the last proof, and whoever reads it is not ready', async (_, partition) => {
  const { clock, gauge, partitions, observer, pollLag } = setUp();
  observer.heard('1', { sequenceNumber: 5, enqueuedAt: start });
  const stop = new AbortController();
  void pollLag({ partition }, stop.signal);
  await eventually('it polls', () => clock.sleepers() === 1);
  clock.advance(15_000);
  expect([await gauge('proof_age_seconds'), isReading(partitions(), clock.now())]).toEqual([[15], true]);
  clock.advance(600_000);
  expect([await gauge('proof_age_seconds'), isReading(partitions(), clock.now())]).toEqual([[615], false]);
  observer.heard('1', undefined);
  expect([await gauge('proof_age_seconds'), isReading(partitions(), clock.now())]).toEqual([[0], true]);
  stop.abort();
});

it('a partition that was never heard of is proved by nothing since it is to be read', async () => {
  const { clock, gauge, partitions } = setUp();
  clock.advance(16_000);
  expect([await gauge('proof_age_seconds'), isReading(partitions(), clock.now())]).toEqual([[16], false]);
});

it('a proof from before the clock was set back proves nothing, or a hub that is silent would be called read for as long as that', () => {
  const { clock, partitions, observer } = setUp();
  observer.heard('1', { sequenceNumber: 5, enqueuedAt: start });
  expect([-15_000, -15_001, -3_600_000].map((by) => isReading(partitions(), clock.now() + by))).toEqual([
    ...[true, false, false],
  ]);
});

it('nothing is said of a partition that another process took over, whatever waited in it', async () => {
  const { clock, gauge, partitions, observer } = setUp();
  clock.advance(60_000);
  observer.heard('1', { sequenceNumber: 900, enqueuedAt: start + 1000 });
  expect(await gauge('lag_seconds')).toEqual([59]);
  observer.state('1', 'stopped');
  // What was on its way when it was given up.
  observer.appended('1', [], 6, '6');
  expect([await gauge('lag_seconds'), await gauge('lag_messages'), await gauge('proof_age_seconds')]).toEqual([
    ...[[], [], []],
  ]);
  expect(isReading(partitions(), clock.now() + 3_600_000)).toBe(true);
  observer.state('1', 'reading');
  observer.heard('1', { sequenceNumber: 6, enqueuedAt: start });
  expect([await gauge('lag_messages'), await gauge('proof_age_seconds')]).toEqual([[894], [0]]);
});
