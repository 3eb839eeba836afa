import { describe, expect, it } from 'vitest';
import type { OwnershipClaim } from '#ports/partition-ownership.ts';
import { decideClaims } from '#processor/ingest/assignment.ts';

const claim = (partitionId: string, ownerId: string): OwnershipClaim => ({
  partitionId,
  ownerId,
  etag: `e-${partitionId}-${ownerId}`,
  claimedAt: 0,
});
const decide = (me: string, partitionIds: readonly string[], claims: readonly OwnershipClaim[], chance = 0) =>
  decideClaims({ me, partitionIds, claims, random: () => chance });
const names = (decision: ReturnType<typeof decide>) => decision.claim.map((request) => request.partitionId).sort();

describe('decideClaims', () => {
  it('claims everything when nobody has anything', () => {
    const decision = decide('a', ['0', '1', '2'], []);
    expect(names(decision)).toEqual(['0', '1', '2']);
    expect(decision.claim.every((request) => request.etag === undefined && request.ownerId === 'a')).toBe(true);
  });

  it('renews what it has, with the etag of its claim', () => {
    expect(decide('a', ['0', '1'], [claim('0', 'a'), claim('1', 'b')]).claim).toEqual([
      { partitionId: '0', ownerId: 'a', etag: 'e-0-a' },
    ]);
  });

  it('claims what nobody has even beyond its fair share, because nobody would hear it', () => {
    expect(names(decide('a', ['0', '1', '2', '3'], [claim('0', 'a'), claim('1', 'a'), claim('2', 'b')]))).toEqual([
      '0',
      '1',
      '3',
    ]);
  });

  it('takes half of what it misses from whoever has most', () => {
    const claims = ['0', '1', '2', '3', '4', '5'].map((id) => claim(id, 'greedy'));
    const decision = decide(
      'new',
      ['0', '1', '2', '3', '4', '5', '6', '7'],
      [...claims, claim('6', 'b'), claim('7', 'b')],
    );
    expect(decision.claim).toHaveLength(1);
    expect(decision.claim[0]?.etag).toMatch(/-greedy$/);
  });

  it('takes nothing when the shares differ by one', () => {
    expect(names(decide('a', ['0', '1', '2'], [claim('0', 'a'), claim('1', 'b'), claim('2', 'b')]))).toEqual(['0']);
  });

  it('takes nothing when there are more processes than partitions', () => {
    expect(names(decide('c', ['0', '1'], [claim('0', 'a'), claim('1', 'b')]))).toEqual([]);
  });

  it('takes one from somebody with two more only by chance, so that not all who could do it', () => {
    const claims = [claim('0', 'me'), claim('1', 'b'), claim('2', 'c'), claim('3', 'c'), claim('4', 'c')];
    const all = ['0', '1', '2', '3', '4'];
    expect(decide('me', all, claims, 0.49).claim).toHaveLength(2);
    expect(decide('me', all, claims, 0.51).claim).toHaveLength(1);
  });

  it('gives back claims on partitions that the hub does not have', () => {
    const decision = decide('a', ['0'], [claim('0', 'a'), claim('9', 'a')]);
    expect(decision.release).toEqual(['9']);
    expect(names(decision)).toEqual(['0']);
  });

  it('does not count the claims of others on partitions that the hub does not have', () => {
    const claims = [claim('0', 'b'), claim('1', 'b'), claim('8', 'gone'), claim('9', 'gone')];
    expect(names(decide('a', ['0', '1'], claims))).toHaveLength(1);
  });
});
