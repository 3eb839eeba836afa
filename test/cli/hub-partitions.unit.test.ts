import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { createIngestProbe } from '#cli/roles/ingest-probe.ts';
import { createListening, type ListeningDeps } from '#cli/roles/listening.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import type { OwnershipClaim } from '#ports/partition-ownership.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
type Source = NonNullable<NonNullable<ListeningDeps['elsewhere']>['source']>;

/** A process that looks on, or with `own` one that reads the hub, too. */
function setting(given: { readonly source?: Source; readonly own?: true }) {
  const clock = createManualClock(start);
  const metrics = createMetrics('0.0.0');
  const probe = createIngestProbe(clock, metrics, pino({ level: 'silent' }));
  const claims = new Map<string, OwnershipClaim>();
  const listening = createListening({
    clock,
    ...(given.own === undefined ? {} : { own: probe.ofHub }),
    elsewhere: {
      ...{ hub: 'h', source: given.source, self: 'us', log: createMemoryEventLog() },
      ownership: {
        list: async () => [...claims.values()],
        ...{ claim: async () => [], release: async () => {}, close: async () => {} },
      },
    },
  });
  /** Lets it look, a second at a time; what is read is heard each time. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await eventually('a look', () => clock.sleepers() === 1);
      for (const { partition, state } of probe.partitions())
        if (state === 'reading') probe.observer.heard(partition, undefined);
      for (const claim of claims.values()) claims.set(claim.partitionId, { ...claim, claimedAt: clock.now() });
      clock.advance(1000);
      await eventually('the next look', () => clock.sleepers() === 1);
    }
  }
  const read = (partition: string) => {
    probe.observer.opened(partition, -1, { sequenceNumber: -1, enqueuedAt: 0 });
    probe.observer.state(partition, 'reading');
  };
  const claim = (partitionId: string) =>
    claims.set(partitionId, { partitionId, ownerId: 'them', etag: 'e', claimedAt: clock.now() });
  async function during(test: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const running = listening.run(stop.signal);
    await test();
    stop.abort();
    await running;
  }
  return { clock, metrics, probe, claims, listening, pass, read, claim, during };
}

describe('a hub', () => {
  it('is not listened to while nobody reads a partition that it got, since it was known to have none such', async () => {
    const { probe, listening, pass, read, claim, during } = setting({ own: true });
    probe.observer.described(['0']);
    read('0');
    await during(async () => {
      await pass(5);
      probe.observer.described(['0']);
      await pass(5);
      probe.observer.described(['0', '1', '2']);
      expect(listening.state()).toMatchObject({
        ...{ ok: false, cause: 'partition-not-read', lastProofAt: start + 5000 },
        word: 'Partition 1, 2 of the hub is not being read',
      });
      read('1');
      claim('2');
      await pass(4);
      expect(listening.state()).toMatchObject({ ok: true });
      expect(listening.state().partitions.map(({ partition, state }) => [partition, state])).toEqual([
        ['0', 'reading'],
        ['1', 'reading'],
        ['2', 'reading'],
      ]);
    });
  });

  it('is listened to though it was made anew with fewer partitions, and nothing waits in those that are gone', async () => {
    const { probe, metrics, listening, pass, read, during } = setting({ own: true });
    probe.observer.described(['0', '1']);
    for (const partition of ['0', '1']) read(partition);
    probe.observer.heard('1', { sequenceNumber: 7, enqueuedAt: start - 60_000 });
    await during(async () => {
      await pass(2);
      expect(listening.state()).toMatchObject({ ok: false });
      probe.observer.described(['0']);
      probe.observer.state('1', 'stopped');
      await pass(2);
      expect(listening.state()).toMatchObject({ ok: true, partitions: [{ partition: '0' }] });
      expect(probe.partitions()).toHaveLength(1);
      expect(await metrics.registry.metrics()).not.toMatch(/tocsin_ingest_lag_\w+\{partition="1"\}/);
    });
  });

  it('was listened to for no longer than the claim of the one that read a partition of it', async () => {
    const { probe, claims, listening, pass, read, claim, during } = setting({ own: true });
    probe.observer.described(['0', '1']);
    read('0');
    claim('1');
    await during(async () => {
      await pass(10);
      expect(listening.state()).toMatchObject({ ok: true });
      const last = listening.state().lastProofAt;
      claims.delete('1');
      await pass(10);
      expect(listening.state()).toMatchObject({ ok: false, lastProofAt: last, cause: 'partition-not-read' });
    });
  });

  it('is not listened to by a desk that only looks on while nobody reads a partition, also when it cannot be asked', async () => {
    const away = { ok: false, reason: 'unavailable', detail: 'unplugged' } as const;
    let isAway = false;
    const source: Source = {
      describe: async () =>
        isAway ? away : { ok: true, hub: { namespace: 'n', hub: 'h', createdAt: start, partitionIds: ['0', '1'] } },
      partition: async (partitionId) => ({
        ok: true,
        partition: {
          ...{ partitionId, beginningSequenceNumber: 0, lastEnqueuedSequenceNumber: -1 },
          ...{ lastEnqueuedOffset: '', lastEnqueuedAt: undefined, isEmpty: true },
        },
      }),
    };
    const { listening, pass, claim, during } = setting({ source });
    claim('0');
    await during(async () => {
      await pass(4);
      expect(listening.state()).toMatchObject({ ok: false, word: 'Partition 1 of the hub is not being read' });
      isAway = true;
      await pass(4);
      expect(listening.state()).toMatchObject({ ok: false, word: 'Partition 1 of the hub is not being read' });
      claim('1');
      await pass(4);
      expect(listening.state()).toMatchObject({ ok: true });
    });
  });
});
