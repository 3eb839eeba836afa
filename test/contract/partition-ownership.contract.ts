import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnershipClaim, PartitionOwnership } from '#ports/partition-ownership.ts';

/** Two handles on the same claims, as two processes hold them. */
export interface PartitionOwnershipUnderTest {
  readonly ownership: PartitionOwnership;
  readonly other: PartitionOwnership;
  /** Lets all claims made so far expire; absent where a test cannot move the time that counts. */
  readonly expire?: () => Promise<void>;
  /** Closes both and removes what they left behind. */
  readonly dispose: () => Promise<void>;
}

/**
 * What every partition ownership must do.
 * @param skips tests that this implementation cannot pass, by title, each with the reason, which is shown
 */
export function describePartitionOwnership(
  name: string,
  factory: () => Promise<PartitionOwnershipUnderTest>,
  skips: readonly { readonly test: string; readonly reason: string }[] = [],
): void {
  describe(`partition ownership: ${name}`, () => {
    let subject: PartitionOwnershipUnderTest;
    let ownership: PartitionOwnership;
    let other: PartitionOwnership;
    const reasons = new Map(skips.map((skip) => [skip.test, skip.reason]));

    beforeEach(async () => {
      subject = await factory();
      ({ ownership, other } = subject);
    });
    afterEach(() => subject.dispose());

    function test(title: string, body: () => Promise<void>, needsExpiry = false): void {
      const reason = reasons.get(title);
      reasons.delete(title);
      it(title, async ({ skip }) => {
        if (reason !== undefined) return skip(reason);
        if (needsExpiry && subject.expire === undefined) return skip('the time that counts cannot be moved');
        await body();
      });
    }

    test('lists nothing at first', async () => {
      expect(await ownership.list()).toEqual([]);
    });

    test('grants what nobody has, and everybody sees it', async () => {
      const granted = await ownership.claim([request('0', 'a'), request('1', 'a')]);
      expect(granted.map(brief)).toEqual(['0 a', '1 a']);
      expect(sorted(await ownership.list())).toEqual(sorted(granted));
      expect(sorted(await other.list())).toEqual(sorted(granted));
    });

    test('says when a claim was made', async () => {
      const [claim] = await ownership.claim([request('0', 'a')]);
      expect(claim?.claimedAt).toBeGreaterThan(Date.UTC(2020));
    });

    test('renews a claim with its etag, under a new etag', async () => {
      const [first] = await ownership.claim([request('0', 'a')]);
      const [second] = await ownership.claim([request('0', 'a', first?.etag)]);
      expect(second?.etag).not.toBe(first?.etag);
      expect(await other.list()).toEqual([second]);
    });

    test('lets another owner take a claim with its etag', async () => {
      const [first] = await ownership.claim([request('0', 'a')]);
      const taken = await other.claim([request('0', 'b', first?.etag)]);
      expect(taken.map(brief)).toEqual(['0 b']);
      expect((await ownership.list()).map(brief)).toEqual(['0 b']);
    });

    test('refuses a claim whose etag is out of date', async () => {
      const [first] = await ownership.claim([request('0', 'a')]);
      await other.claim([request('0', 'b', first?.etag)]);
      expect(await ownership.claim([request('0', 'a', first?.etag)])).toEqual([]);
      expect((await ownership.list()).map(brief)).toEqual(['0 b']);
    });

    test('refuses a claim without etag of what somebody has', async () => {
      await ownership.claim([request('0', 'a')]);
      expect(await other.claim([request('0', 'b')])).toEqual([]);
    });

    test('refuses an etag of a claim that was given up', async () => {
      const [first] = await ownership.claim([request('0', 'a')]);
      await ownership.release('a', ['0']);
      await other.claim([request('0', 'b')]);
      expect(await ownership.claim([request('0', 'a', first?.etag)])).toEqual([]);
    });

    test('grants the others when one of several is refused', async () => {
      await ownership.claim([request('1', 'a')]);
      const granted = await other.claim([request('0', 'b'), request('1', 'b', 'stale'), request('2', 'b')]);
      expect(granted.map(brief)).toEqual(['0 b', '2 b']);
    });

    test('lets one of two win who take the same claim at once', async () => {
      const [first] = await ownership.claim([request('0', 'x')]);
      const both = await Promise.all([
        ownership.claim([request('0', 'a', first?.etag)]),
        other.claim([request('0', 'b', first?.etag)]),
      ]);
      expect(both.flat()).toHaveLength(1);
      expect(await ownership.list()).toEqual(both.flat());
    });

    test('frees at once what its owner releases, and nothing of others', async () => {
      await ownership.claim([request('0', 'a'), request('1', 'a')]);
      await other.claim([request('2', 'b')]);
      await ownership.release('a', ['0', '2', '9']);
      expect((await other.list()).map(brief).toSorted()).toEqual(['1 a', '2 b']);
      expect((await other.claim([request('0', 'b')])).map(brief)).toEqual(['0 b']);
    });

    test('takes an empty list for nothing to do', async () => {
      expect(await ownership.claim([])).toEqual([]);
      await ownership.release('a', []);
      expect(await ownership.list()).toEqual([]);
    });

    test(
      'leaves out claims that expired, and grants them to the next',
      async () => {
        await ownership.claim([request('0', 'a')]);
        await subject.expire?.();
        expect(await other.list()).toEqual([]);
        expect((await other.claim([request('0', 'b')])).map(brief)).toEqual(['0 b']);
        expect((await ownership.list()).map(brief)).toEqual(['0 b']);
      },
      true,
    );

    test(
      'lets an owner renew a claim that expired if nobody took it, and refuses it otherwise',
      async () => {
        const [first, second] = await ownership.claim([request('0', 'a'), request('1', 'a')]);
        await subject.expire?.();
        await other.claim([request('1', 'b')]);
        const renewed = await ownership.claim([request('0', 'a', first?.etag), request('1', 'a', second?.etag)]);
        expect(renewed.map(brief)).toEqual(['0 a']);
      },
      true,
    );

    const unknown = [...reasons.keys()];
    it('skips no test that does not exist', () => expect(unknown).toEqual([]));
  });
}

function request(partitionId: string, ownerId: string, etag?: string) {
  return { partitionId, ownerId, etag };
}

function brief(claim: OwnershipClaim): string {
  return `${claim.partitionId} ${claim.ownerId}`;
}

function sorted(claims: readonly OwnershipClaim[]): OwnershipClaim[] {
  return claims.toSorted((a, b) => a.partitionId.localeCompare(b.partitionId));
}
