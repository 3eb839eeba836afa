import { describe, expect, it } from 'vitest';
import type { ClaimRequest, OwnershipClaim, PartitionOwnership } from '#ports/partition-ownership.ts';
import { type AssignerEvent, createAssigner } from '#processor/ingest/assigner.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';

/** A store that can be broken. */
function createStore() {
  const claims = new Map<string, OwnershipClaim>();
  let fault: 'none' | 'down' | 'silent' = 'none';
  let etags = 0;
  const answer = async <T>(value: () => T): Promise<T> => {
    if (fault === 'down') throw new Error('connect ECONNREFUSED');
    if (fault === 'silent') return new Promise<T>(() => undefined);
    return value();
  };
  const ownership: PartitionOwnership = {
    list: () => answer(() => [...claims.values()]),
    claim: (requests) =>
      answer(() =>
        requests.flatMap((request: ClaimRequest) => {
          if (claims.get(request.partitionId)?.etag !== request.etag) return [];
          const claim = {
            partitionId: request.partitionId,
            ownerId: request.ownerId,
            etag: `e${++etags}`,
            claimedAt: 0,
          };
          claims.set(request.partitionId, claim);
          return [claim];
        }),
      ),
    release: (ownerId, partitionIds) =>
      answer(() => {
        for (const id of partitionIds) if (claims.get(id)?.ownerId === ownerId) claims.delete(id);
      }),
    close: () => Promise.resolve(),
  };
  return {
    ownership,
    claims,
    break: (kind: 'none' | 'down' | 'silent') => {
      fault = kind;
    },
    give: (partitionId: string, ownerId: string) =>
      claims.set(partitionId, { partitionId, ownerId, etag: `e${++etags}`, claimedAt: 0 }),
  };
}

function build(store: ReturnType<typeof createStore>, ownerId = 'me') {
  const clock = createManualClock(0);
  const changes: string[][] = [];
  const hub = { partitionIds: ['0', '1', '2', '3'] };
  const events: AssignerEvent[] = [];
  const assigner = createAssigner({
    ...{ ownership: store.ownership, ownerId, clock, ids: createSeededIds(7), intervalMs: 1_000 },
    partitionIds: () => hub.partitionIds,
    onChange: (owned) => changes.push([...owned].sort()),
    log: (event) => events.push(event),
  });
  return { assigner, clock, changes, events, hub };
}

/** Lets what is due happen. The manual clock does not run promises. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms);
  for (let count = 0; count < 50; count += 1) await Promise.resolve();
}

describe('the assigner', () => {
  it('has decided once when start resolves', async () => {
    const { assigner, changes } = build(createStore());
    await assigner.start();
    expect(changes).toEqual([['0', '1', '2', '3']]);
    await assigner.stop();
  });

  it('tells only about changes', async () => {
    const { assigner, clock, changes } = build(createStore());
    await assigner.start();
    for (let count = 0; count < 5; count += 1) await pass(clock, 1_200);
    expect(changes).toHaveLength(1);
    await assigner.stop();
  });

  it('notices that a partition was taken from it', async () => {
    const store = createStore();
    const { assigner, clock, changes } = build(store);
    await assigner.start();
    store.give('0', 'other');
    store.give('1', 'other');
    await pass(clock, 1_200);
    expect(changes.at(-1)).toEqual(['2', '3']);
    await assigner.stop();
  });

  it('takes over what a dead process leaves', async () => {
    const store = createStore();
    for (const id of ['0', '1', '2']) store.give(id, 'other');
    const { assigner, clock, changes } = build(store);
    await assigner.start();
    for (const [id, claim] of [...store.claims]) if (claim.ownerId === 'other') store.claims.delete(id);
    await pass(clock, 1_200);
    expect(changes.at(-1)).toEqual(['0', '1', '2', '3']);
    await assigner.stop();
  });

  it('looks at once when asked to', async () => {
    const store = createStore();
    const { assigner, clock, changes } = build(store);
    await assigner.start();
    store.give('3', 'other');
    assigner.check();
    await pass(clock, 0);
    expect(changes.at(-1)).toEqual(['0', '1', '2']);
    await assigner.stop();
  });

  it('takes what the hub gets, and gives back what it has no more', async () => {
    const store = createStore();
    const { assigner, clock, changes, hub } = build(store);
    await assigner.start();
    hub.partitionIds = ['0', '1', '2', '3', '4'];
    assigner.check();
    await pass(clock, 0);
    expect(changes.at(-1)).toEqual(['0', '1', '2', '3', '4']);
    hub.partitionIds = ['0'];
    await pass(clock, 1_200);
    expect(changes.at(-1)).toEqual(['0']);
    expect([...store.claims.keys()]).toEqual(['0']);
    await assigner.stop();
  });

  it('works on what the hub gets while the store is away, and leaves to others what was theirs', async () => {
    const store = createStore();
    for (const id of ['2', '3']) store.give(id, 'other');
    const { assigner, clock, changes, hub } = build(store);
    await assigner.start();
    store.break('down');
    hub.partitionIds = ['0', '1', '2', '3', '4'];
    await pass(clock, 1_200);
    expect(changes.at(-1)).toEqual(['0', '1', '4']);
    await pass(clock, 1_200);
    expect(changes).toHaveLength(2);
    await assigner.stop();
  });

  it('gives everything back when it stops', async () => {
    const store = createStore();
    const { assigner } = build(store);
    await assigner.start();
    await assigner.stop();
    expect(store.claims.size).toBe(0);
    expect(assigner.owned().size).toBe(0);
  });

  it('keeps what it has while the store is away, and says so once', async () => {
    const store = createStore();
    const { assigner, clock, changes, events } = build(store);
    await assigner.start();
    store.break('down');
    await pass(clock, 1_200);
    await pass(clock, 1_200);
    expect(changes).toHaveLength(1);
    expect(events).toEqual([{ event: 'ownership-unavailable', detail: 'connect ECONNREFUSED', owned: 4 }]);
    store.break('none');
    await pass(clock, 1_200);
    expect(events.at(-1)).toEqual({ event: 'ownership-available' });
    await assigner.stop();
  });

  it('works on everything when the store was never there', async () => {
    const store = createStore();
    store.give('0', 'other');
    store.give('1', 'other');
    store.break('down');
    const { assigner, clock, changes } = build(store);
    await assigner.start();
    expect(changes).toEqual([['0', '1', '2', '3']]);
    store.break('none');
    await pass(clock, 1_200);
    expect(changes.at(-1)).toEqual(['2', '3']);
    await assigner.stop();
  });

  it('takes a store that does not answer for one that is away', async () => {
    const store = createStore();
    store.break('silent');
    const { assigner, clock, changes, events } = build(store);
    const started = assigner.start();
    await pass(clock, 5_000);
    await started;
    expect(changes).toEqual([['0', '1', '2', '3']]);
    expect(events[0]).toMatchObject({ event: 'ownership-unavailable' });
    store.break('none');
    await assigner.stop();
  });

  it('stops although the store does not answer', async () => {
    const store = createStore();
    const { assigner, clock } = build(store);
    await assigner.start();
    store.break('silent');
    await pass(clock, 1_200);
    const stopped = assigner.stop();
    await pass(clock, 0);
    await pass(clock, 5_000);
    await stopped;
    expect(assigner.owned().size).toBe(0);
  });
});
