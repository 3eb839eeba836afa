import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { PartitionOwnership } from '#ports/partition-ownership.ts';
import { decideClaims } from '#processor/ingest/assignment.ts';

/** What the assigner works with. */
export interface AssignerDeps {
  readonly ownership: PartitionOwnership;
  /** Of this process, different from that of every other and from that of its own last run. */
  readonly ownerId: string;
  /** Of the hub, as far as is known; asked at each look, as a hub can get more of them. */
  readonly partitionIds: () => readonly string[];
  readonly clock: Clock;
  readonly ids: Ids;
  /** Milliseconds between two looks at the claims; well below the time after which claims expire. */
  readonly intervalMs: number;
  /** Told which partitions to work on, whenever that changes; must not throw. */
  readonly onChange: (owned: ReadonlySet<string>) => void;
  /** Told when the ownership store goes away and when it is back; must not throw. */
  readonly log?: (event: AssignerEvent) => void;
}

export type AssignerEvent =
  /** It only spares work: what is owned stays owned, and a process that never had anything works on everything. */
  | { readonly event: 'ownership-unavailable'; readonly detail: string; readonly owned: number }
  | { readonly event: 'ownership-available' };

/** Keeps this process's share of the partitions. */
export interface Assigner {
  /** Resolves after the first decision. */
  start(): Promise<void>;
  /** Looks at the claims at once, for instance because the hub has other partitions than before. */
  check(): void;
  /** What this process should work on now. */
  owned(): ReadonlySet<string>;
  /** Stops looking and gives the claims back: to be called when nothing works on the partitions any more. */
  stop(): Promise<void>;
}

/** Renews this process's claims, takes over what nobody has, and evens out the shares. */
export function createAssigner(deps: AssignerDeps): Assigner {
  const { ownership, ownerId, partitionIds, clock, ids, intervalMs, onChange, log } = deps;
  const stopping = new AbortController();
  let owned: ReadonlySet<string> = new Set();
  /** The partitions of the hub when the store last answered; none before it ever did. */
  let decidedOn: ReadonlySet<string> = new Set();
  /** The store does not answer. */
  let outage = false;
  let running: Promise<void> | undefined;
  let started: Promise<void> | undefined;
  let hurry = new AbortController();

  const change = (next: ReadonlySet<string>): void => {
    const same = next.size === owned.size && [...next].every((id) => owned.has(id));
    owned = next;
    if (!same) onChange(next);
  };

  const decide = async (existing: readonly string[]): Promise<ReadonlySet<string>> => {
    const claims = await ownership.list();
    const { claim, release } = decideClaims({
      ...{ me: ownerId, partitionIds: existing, claims, random: () => ids.fraction() },
    });
    if (release.length > 0) await ownership.release(ownerId, release);
    const got = claim.length === 0 ? [] : await ownership.claim(claim);
    return new Set(got.filter((one) => one.ownerId === ownerId).map((one) => one.partitionId));
  };

  const round = async (): Promise<void> => {
    const existing = partitionIds();
    try {
      const next = await within(decide(existing), Math.max(intervalMs, 5_000), clock, stopping.signal);
      if (outage) log?.({ event: 'ownership-available' });
      outage = false;
      decidedOn = new Set(existing);
      change(next);
    } catch (error) {
      if (stopping.signal.aborted) return;
      // Two who work on one partition cost time, nobody who works on it costs an emergency; the log fences them.
      change(new Set([...owned, ...existing.filter((id) => !decidedOn.has(id))]));
      if (!outage) log?.({ event: 'ownership-unavailable', detail: text(error), owned: owned.size });
      outage = true;
    }
  };

  const loop = async (first: () => void): Promise<void> => {
    while (!stopping.signal.aborted) {
      hurry = new AbortController();
      await round();
      first();
      // Not all at the same time.
      const pause = intervalMs * (0.8 + 0.4 * ids.fraction());
      await clock.sleep(pause, AbortSignal.any([stopping.signal, hurry.signal]));
    }
  };

  return {
    start: () => {
      started ??= new Promise<void>((resolve) => {
        running = loop(resolve);
      });
      return started;
    },
    check: () => hurry.abort(),
    owned: () => owned,
    stop: async () => {
      stopping.abort();
      await running;
      const given = [...owned];
      owned = new Set();
      if (given.length === 0) return;
      try {
        await within(ownership.release(ownerId, given), 5_000, clock, new AbortController().signal);
      } catch (error) {
        log?.({ event: 'ownership-unavailable', detail: text(error), owned: 0 });
      }
    },
  };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A store that does not answer is a store that is not there. */
async function within<T>(work: Promise<T>, ms: number, clock: Clock, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([over.signal, signal])).then((): never => {
    throw new Error(`the ownership store did not answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
