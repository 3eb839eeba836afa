import pino from 'pino';
import { expect, it } from 'vitest';
import { createIngestProbe } from '#cli/roles/ingest-probe.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import type { PartitionResult } from '#ports/event-source.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';

it('why the hub does not answer for a partition is known from the log, once for each reason, and from its health, until it answers', async () => {
  const clock = createManualClock(Date.parse('2026-11-24T12:00:00Z'));
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const probe = createIngestProbe(clock, createMetrics('0.0.0'), log);
  probe.observer.opened('0', -1, { sequenceNumber: -1, enqueuedAt: 0 });
  probe.observer.state('0', 'reading');
  let tracking = 0;
  let reason: 'unavailable' | 'access-denied' | undefined = 'unavailable';
  const end = { beginningSequenceNumber: 0, lastEnqueuedSequenceNumber: -1, lastEnqueuedOffset: '-1', isEmpty: true };
  const partition = async (partitionId: string): Promise<PartitionResult> =>
    reason === undefined
      ? { ok: true, partition: { partitionId, ...end, lastEnqueuedAt: undefined } }
      : { ok: false, reason, detail: `TrackingId:${tracking++}` };
  const stop = new AbortController();
  const polling = probe.pollLag({ partition }, stop.signal);
  const polled = async () => {
    clock.advance(3000);
    await eventually('the next sleep', () => clock.sleepers() === 1);
  };
  await polled();
  await polled();
  reason = 'access-denied';
  await polled();
  expect(probe.partitions()).toMatchObject([{ away: 'hub', detail: 'TrackingId:2' }]);
  reason = undefined;
  await polled();
  expect(probe.partitions()[0]).not.toHaveProperty('detail');
  expect(probe.partitions()[0]).not.toHaveProperty('away');
  expect(lines).toMatchObject([
    { level: 40, partition: '0', reason: 'unavailable', detail: 'TrackingId:0' },
    { level: 40, partition: '0', reason: 'access-denied', detail: 'TrackingId:2' },
    { level: 30, partition: '0' },
  ]);
  stop.abort();
  await polling;
});
