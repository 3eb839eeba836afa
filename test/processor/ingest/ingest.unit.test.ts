import { afterEach, describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { EventSource } from '#ports/event-source.ts';
import type { OwnershipClaim, PartitionOwnership } from '#ports/partition-ownership.ts';
import { createIngest } from '#processor/ingest/ingest.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const message = (value: string) => ({ body: new TextEncoder().encode(JSON.stringify(value)) });
const hubOf = (partitions: number, madeAt = start) =>
  createMemoryHub({ clock: createManualClock(madeAt), partitions, idleMs: 50 });

function createOwnership() {
  const claims = new Map<string, OwnershipClaim>();
  const ownership: PartitionOwnership = {
    list: async () => [...claims.values()],
    claim: async (requests) =>
      requests.map(({ partitionId, ownerId }) => {
        const claim = { partitionId, ownerId, etag: 'e', claimedAt: start };
        claims.set(partitionId, claim);
        return claim;
      }),
    release: async (_, ids) => ids.forEach((id) => void claims.delete(id)),
    close: async () => {},
  };
  return { claims, ownership };
}

describe('ingest of a hub', () => {
  let ending = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  afterEach(async () => {
    ending.abort();
    await ended;
  });

  function begin(first: EventSource) {
    let source = first;
    const log = createMemoryEventLog();
    const { claims, ownership } = createOwnership();
    const keyStore = createMemoryKeyStore();
    const said: string[] = [];
    const hub: EventSource = {
      describe: (...asked) => source.describe(...asked),
      partition: (...asked) => source.partition(...asked),
      receive: (...asked) => source.receive(...asked),
      close: async () => {},
    };
    const ingest = createIngest({
      ...{ log, source: hub, ownership, ownerId: 'me', assignmentIntervalMs: 500, ids: systemIds },
      ...{ clock: createHurriedClock(start), keyStore, sealer: createSealer({ keyStore }) },
      opener: { open: async () => ({ ok: false, reason: 'key-unknown' }) },
      ...{ recordedBy: { role: 'ingest', build: 'test' }, testNumbers: [], phrases: [] },
      judgeClientState: () => 'unchecked',
      onRetry: () => {},
      observe: {
        described: (partitionIds) => said.push(`described ${partitionIds}`),
        state: (partition, state) => said.push(`${partition} ${state}`),
        ...{ opened: () => {}, heard: () => {}, received: () => {}, appended: () => {} },
        gap: (partition, cause) => said.push(`${partition} gap ${cause}`),
        ...{ refused: () => {}, ownership: () => {} },
      },
    });
    ending = new AbortController();
    ended = ingest.run(ending.signal);
    const becomes = (next: EventSource) => {
      source = next;
    };
    const types = (partition: string) => log.stream(`inbox-notices-${partition}`).map(({ type }) => type);
    return { becomes, claims, said, types };
  }

  it('says nothing of a hub that was asked when it was told to end', async () => {
    const asked = Promise.withResolvers<void>();
    const { said } = begin({
      ...hubOf(1).source(),
      describe: async (signal) => {
        asked.resolve();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        return { ok: false, reason: 'unavailable', detail: 'no answer within 5000 ms' };
      },
    });
    await asked.promise;
    ending.abort();
    await ended;
    expect(said).toEqual([]);
  });

  it('reads the partitions that the hub gets while it runs, from their beginning', async () => {
    const hub = hubOf(3);
    const whole = hub.source();
    const asBefore: EventSource = {
      ...whole,
      async describe() {
        const described = await whole.describe();
        return described.ok ? { ok: true, hub: { ...described.hub, partitionIds: ['0'] } } : described;
      },
    };
    const { becomes, claims, said, types } = begin(asBefore);
    await eventually('it reads', () => said.includes('0 reading'));
    expect([...claims.keys()]).toEqual(['0']);
    for (const partition of ['0', '1', '2']) hub.publish(partition, [message(`a call in ${partition}`)]);
    becomes(whole);
    for (const partition of ['0', '1', '2'])
      await eventually(`what came in ${partition}`, () => types(partition).length === 1);
    expect([...claims.keys()].sort()).toEqual(['0', '1', '2']);
    expect(said).toContain('described 0,1,2');
    expect(said.filter((one) => one.startsWith('0 '))).toEqual(['0 reading']);
  });

  it.each([
    [1, 3],
    [3, 1],
  ])('goes on where the hub is made anew with other partitions: %i, and then %i', async (before, after) => {
    const first = hubOf(before);
    const { becomes, claims, said, types } = begin(first.source());
    first.publish('0', [message('a call')]);
    await eventually('it is read', () => types('0').length === 1);
    const anew = hubOf(after, start + 3_600_000);
    const ids = Array.from({ length: after }, (_, n) => String(n));
    for (const id of ids) anew.publish(id, [message('another call')]);
    becomes(anew.source());
    for (const id of ids)
      await eventually(`what came in ${id}`, () => types(id).filter((each) => each !== 'tocsin.gap').length > 0);
    await eventually('the new one is read', () => types('0').length === 3);
    expect(said).toContain('0 gap hub-recreated');
    await eventually('nothing else is claimed', () => [...claims.keys()].sort().join() === ids.join());
    for (let gone = after; gone < before; gone++)
      await eventually('that one is let go', () => said.includes(`${gone} stopped`));
  });
});
