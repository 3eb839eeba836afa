import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimRequest, OwnershipClaim } from '#ports/partition-ownership.ts';
import { decideClaims } from '#processor/ingest/assignment.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';

type Store = Map<string, OwnershipClaim>;

/** What an ownership store does: a claim whose etag is no longer that of the store is refused. */
function apply(store: Store, requests: readonly ClaimRequest[], tick: { count: number }): void {
  for (const { partitionId, ownerId, etag } of requests) {
    if (store.get(partitionId)?.etag !== etag) continue;
    tick.count += 1;
    store.set(partitionId, { partitionId, ownerId, etag: `e${tick.count}`, claimedAt: tick.count });
  }
}

/** One round of all processes: `together` of them decide on the same view, before any of them has claimed. */
function round(
  store: Store,
  owners: readonly string[],
  partitionIds: readonly string[],
  together: number,
  random: () => number,
  tick: { count: number },
) {
  for (let at = 0; at < owners.length; at += together) {
    const view = [...store.values()];
    const decisions = owners
      .slice(at, at + together)
      .map((me) => decideClaims({ me, partitionIds, claims: view, random }));
    // Who claims first is chance: a renewal that overtakes makes the other's claim fail, until next time.
    for (const decision of decisions.sort(() => random() - 0.5)) apply(store, decision.claim, tick);
  }
}

const spread = (store: Store, owners: readonly string[]) => {
  const counts = owners.map((owner) => [...store.values()].filter((claim) => claim.ownerId === owner).length);
  return Math.max(...counts) - Math.min(...counts);
};

const cluster = fc.record({
  partitions: fc.integer({ min: 1, max: 40 }),
  owners: fc.integer({ min: 1, max: 9 }),
  together: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer(),
  /** Who has which partition before: an index of an owner, or of nobody. */
  before: fc.array(fc.integer({ min: -1, max: 12 }), { maxLength: 40 }),
});

function build({
  partitions,
  owners,
  seed,
  before,
}: {
  partitions: number;
  owners: number;
  seed: number;
  before: readonly number[];
}) {
  const partitionIds = Array.from({ length: partitions }, (_, index) => String(index));
  const names = Array.from({ length: owners }, (_, index) => `owner-${index}`);
  const store: Store = new Map();
  for (const [index, owner] of before.entries()) {
    if (index >= partitions || owner < 0 || owner >= owners) continue;
    store.set(String(index), {
      partitionId: String(index),
      ownerId: `owner-${owner}`,
      etag: `b${index}`,
      claimedAt: 0,
    });
  }
  const ids = createSeededIds(seed);
  return { partitionIds, names, store, random: () => ids.fraction(), tick: { count: 0 } };
}

describe('decideClaims among several processes', () => {
  it('leaves no partition unowned after one round', () => {
    fc.assert(
      fc.property(cluster, (input) => {
        const { partitionIds, names, store, random, tick } = build(input);
        round(store, names, partitionIds, input.together, random, tick);
        expect([...store.keys()].sort()).toEqual([...partitionIds].sort());
      }),
    );
  });

  it('comes to shares that differ by at most one, and then changes nothing more', () => {
    fc.assert(
      fc.property(cluster, (input) => {
        const { partitionIds, names, store, random, tick } = build(input);
        for (let count = 0; count < 60 && (count === 0 || spread(store, names) > 1); count += 1)
          round(store, names, partitionIds, input.together, random, tick);
        expect(spread(store, names)).toBeLessThanOrEqual(1);
        const owner = () => [...store.values()].map((claim) => `${claim.partitionId}=${claim.ownerId}`).sort();
        const fair = owner();
        for (let count = 0; count < 5; count += 1) round(store, names, partitionIds, input.together, random, tick);
        expect(owner()).toEqual(fair);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the partitions of a process that died to the others in one round', () => {
    fc.assert(
      fc.property(cluster, (input) => {
        const { partitionIds, names, store, random, tick } = build({ ...input, owners: input.owners + 1 });
        for (let count = 0; count < 10; count += 1) round(store, names, partitionIds, 1, random, tick);
        const [dead, ...living] = names;
        for (const claim of [...store.values()]) if (claim.ownerId === dead) store.delete(claim.partitionId);
        round(store, living, partitionIds, input.together, random, tick);
        expect(store.size).toBe(partitionIds.length);
        expect([...store.values()].every((claim) => claim.ownerId !== dead)).toBe(true);
      }),
    );
  });

  it('moves few partitions when a process joins a fair cluster: no more than twice its share', () => {
    fc.assert(
      fc.property(cluster, (input) => {
        const { partitionIds, names, store, random, tick } = build(input);
        for (let count = 0; count < 60; count += 1) round(store, names, partitionIds, 1, random, tick);
        const joined = [...names, 'joined'];
        let moves = 0;
        for (let count = 0; count < 30; count += 1) {
          const before = new Map([...store].map(([id, claim]) => [id, claim.ownerId]));
          round(store, joined, partitionIds, 1, random, tick);
          moves += [...store].filter(([id, claim]) => before.get(id) !== claim.ownerId).length;
        }
        expect(moves).toBeLessThanOrEqual(2 * Math.ceil(partitionIds.length / joined.length));
      }),
    );
  });
});
