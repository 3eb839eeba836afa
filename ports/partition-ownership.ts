/**
 * Who works on which partition. It only spares work: two owners at once cost time, never correctness, because the
 * expected revision of the log fences them.
 */
export interface PartitionOwnership {
  /** Living claims only: implementers leave out those that expired, and on their own machine those of processes that are gone. */
  list(): Promise<readonly OwnershipClaim[]>;
  /**
   * Claims or renews partitions for one owner. A claim that somebody else changed since `etag` was read is refused:
   * only those that succeeded come back.
   */
  claim(claims: readonly ClaimRequest[]): Promise<readonly OwnershipClaim[]>;
  /** Gives up an owner's claims, so that others need not wait for them to expire. */
  release(ownerId: string, partitionIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface OwnershipClaim {
  readonly partitionId: string;
  readonly ownerId: string;
  readonly etag: string;
  /** Milliseconds since 1970 UTC. */
  readonly claimedAt: number;
}

export interface ClaimRequest {
  readonly partitionId: string;
  readonly ownerId: string;
  /** Of the claim that this one replaces, undefined where there was none. */
  readonly etag: string | undefined;
}
