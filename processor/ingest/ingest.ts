import type { PartitionOwnership } from '#ports/partition-ownership.ts';
import { pause } from '#processor/ingest/append.ts';
import { createAssigner } from '#processor/ingest/assigner.ts';
import { type PartitionDeps, type PartitionObserver, runPartition } from '#processor/ingest/partition.ts';

export interface IngestDeps extends PartitionDeps {
  readonly observe: IngestObserver;
  readonly ownership: PartitionOwnership;
  /** Names this process among the owners; never reused. */
  readonly ownerId: string;
  /** Milliseconds between looks at the ownership. */
  readonly assignmentIntervalMs: number;
}

/** Told of the hub, too. Must not throw. */
export interface IngestObserver extends PartitionObserver {
  /** The hub said which partitions it has; again and again. */
  readonly described: (partitionIds: readonly string[]) => void;
}

/** The stage `ingest`: hub -> decode -> minimise -> append, for those partitions that this process owns. */
export interface Ingest {
  /** Runs until the signal is aborted; whatever was received by then is appended or left to the next. */
  run(signal: AbortSignal): Promise<void>;
}

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export function createIngest(deps: IngestDeps): Ingest {
  return {
    async run(signal) {
      const found = await partitionsOf(deps, signal);
      if (found === undefined) return;
      let partitionIds = found;
      const running = new Map<string, Running>();
      // Changes are applied one after the other: a partition that was given up and taken again must not be read twice here.
      let applying: Promise<void> = Promise.resolve();
      const apply = (owned: ReadonlySet<string>) => {
        applying = applying.then(() => follow(deps, running, signal.aborted ? new Set<string>() : owned));
      };
      const assigner = createAssigner({
        ownership: deps.ownership,
        ownerId: deps.ownerId,
        partitionIds: () => partitionIds,
        clock: deps.clock,
        ids: deps.ids,
        intervalMs: deps.assignmentIntervalMs,
        onChange: apply,
        log: deps.observe.ownership,
      });
      await assigner.start();
      await lookForPartitions(deps, signal, (now) => {
        const isSame = now.length === partitionIds.length && now.every((id) => partitionIds.includes(id));
        partitionIds = now;
        if (!isSame) assigner.check();
      });
      apply(new Set());
      await applying;
      // Released only after the last append: the next owner then finds the tail where we left it.
      await assigner.stop();
    },
  };
}

/** Partition ids of the hub, asked for until it answers; undefined when stopped before. */
async function partitionsOf(deps: IngestDeps, signal: AbortSignal): Promise<readonly string[] | undefined> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    const described = await deps.source.describe(signal);
    if (described.ok) {
      deps.observe.described(described.hub.partitionIds);
      return described.hub.partitionIds;
    }
    if (signal.aborted) break;
    deps.observe.state('*', 'waiting', `hub: ${described.reason}: ${described.detail}`, 'hub');
    await deps.clock.sleep(pause(attempt, deps.ids.fraction()), signal);
  }
  return undefined;
}

/** A Premium hub can be given more partitions, and one that is made anew can have more or fewer. Resolves when the signal is aborted. */
async function lookForPartitions(
  { source, clock, ids, observe }: IngestDeps,
  signal: AbortSignal,
  onDescribed: (partitionIds: readonly string[]) => void,
): Promise<void> {
  for (;;) {
    await clock.sleep(lookMs * (0.5 + ids.fraction()), signal);
    if (signal.aborted) return;
    const described = await source.describe(signal).catch(() => undefined);
    if (described?.ok !== true) continue;
    observe.described(described.hub.partitionIds);
    onDescribed(described.hub.partitionIds);
  }
}

/** Milliseconds between looks which partitions the hub has. */
const lookMs = 5_000;

async function follow(deps: IngestDeps, running: Map<string, Running>, owned: ReadonlySet<string>): Promise<void> {
  const leaving = [...running].filter(([partition]) => !owned.has(partition));
  for (const [, { stop }] of leaving) stop.abort();
  for (const [partition, { ended }] of leaving) {
    await ended;
    running.delete(partition);
  }
  for (const partition of owned) {
    if (running.has(partition)) continue;
    const stop = new AbortController();
    running.set(partition, { stop, ended: runPartition(deps, partition, stop.signal) });
  }
}
