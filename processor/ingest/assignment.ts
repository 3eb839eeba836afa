import type { ClaimRequest, OwnershipClaim } from '#ports/partition-ownership.ts';

/** What is known when a process decides what it works on. */
export interface AssignmentView {
  /** This process's owner id. */
  readonly me: string;
  /** All partitions of the hub. */
  readonly partitionIds: readonly string[];
  /** The living claims of everybody. */
  readonly claims: readonly OwnershipClaim[];
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** What a process asks the ownership store for. */
export interface AssignmentDecision {
  /** Renewals, claims of partitions that nobody has, and claims of partitions to take from others. */
  readonly claim: readonly ClaimRequest[];
  /** Own claims on partitions that the hub does not have. */
  readonly release: readonly string[];
}

/**
 * Which partitions one process should claim now, so that all are worked on at once and the processes end up with equal numbers of them,
 * give or take one.
 *
 * 1. Whatever nobody has is claimed at once, all of it: an unowned partition is an emergency that nobody hears, an uneven share is not.
 * 2. Who has less than a fair share takes from whoever has most, half of what is missing per round: the others who do the same at the same
 *    time are not known yet.
 * 3. Who has a fair share takes one more from somebody with two more, with a chance that lets about one of those who could do it.
 *    Who has just as many as the others, or one less, takes nothing: so a fair state stays as it is.
 */
export function decideClaims(view: AssignmentView): AssignmentDecision {
  const { me, random } = view;
  const partitionIds = [...new Set(view.partitionIds)];
  const existing = new Set(partitionIds);
  const byPartition = new Map(view.claims.map((claim) => [claim.partitionId, claim]));
  const mine = view.claims.filter((claim) => claim.ownerId === me);
  const release = mine.filter((claim) => !existing.has(claim.partitionId)).map((claim) => claim.partitionId);
  const kept = mine.filter((claim) => existing.has(claim.partitionId));
  const unowned = shuffle(
    partitionIds.filter((id) => !byPartition.has(id)),
    random,
  );
  const others = groupByOwner(view.claims.filter((claim) => claim.ownerId !== me && existing.has(claim.partitionId)));
  const taken = take({ partitions: partitionIds.length, have: kept.length + unowned.length, others, random });
  return {
    claim: [
      ...kept.map((claim) => request(claim.partitionId, me, claim.etag)),
      ...unowned.map((id) => request(id, me, undefined)),
      ...taken.map((claim) => request(claim.partitionId, me, claim.etag)),
    ],
    release,
  };
}

function take(situation: {
  readonly partitions: number;
  readonly have: number;
  readonly others: readonly OwnershipClaim[][];
  readonly random: () => number;
}): readonly OwnershipClaim[] {
  const { partitions, have, others, random } = situation;
  const fair = Math.floor(partitions / (others.length + 1));
  const missing = fair - have;
  const wanted = missing > 0 ? Math.ceil(missing / 2) : luxury(situation);
  const taken: OwnershipClaim[] = [];
  const pools = others.map((claims) => shuffle(claims, random));
  while (taken.length < wanted) {
    const greediest = pools.reduce<OwnershipClaim[] | undefined>(
      (most, pool) => (most === undefined || pool.length > most.length ? pool : most),
      undefined,
    );
    if (greediest === undefined || greediest.length < have + taken.length + 2) break;
    const claim = greediest.pop();
    if (claim === undefined) break;
    taken.push(claim);
  }
  return taken;
}

/** Nothing is missing, but somebody may have two more. */
function luxury(situation: {
  readonly have: number;
  readonly others: readonly OwnershipClaim[][];
  readonly random: () => number;
}): number {
  const { have, others, random } = situation;
  const most = Math.max(0, ...others.map((claims) => claims.length));
  if (most < have + 2) return 0;
  const rivals = others.filter((claims) => claims.length <= most - 2).length;
  return random() < 1 / (rivals + 1) ? 1 : 0;
}

function request(partitionId: string, ownerId: string, etag: string | undefined): ClaimRequest {
  return { partitionId, ownerId, etag };
}

function groupByOwner(claims: readonly OwnershipClaim[]): OwnershipClaim[][] {
  return [...Map.groupBy(claims, (claim) => claim.ownerId).values()];
}

/** Fisher-Yates. Processes that start together then claim in different orders and share from the beginning. */
function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const a = result[last];
    const b = result[other];
    if (a === undefined || b === undefined) continue;
    result[last] = b;
    result[other] = a;
  }
  return result;
}
