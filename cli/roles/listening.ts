import { type Backlog, createBacklog } from '#cli/roles/backlog.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import { isFresh } from '#cli/roles/proof-age.ts';
import type { Reached } from '#cli/roles/reached.ts';
import { inboxStream } from '#domain/names.ts';
import type { GapCause } from '#domain/watch/events.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { EventSource } from '#ports/event-source.ts';
import type { PartitionOwnership } from '#ports/partition-ownership.ts';
import { readTail } from '#processor/ingest/tail.ts';

/** Why nothing is heard. */
export type NotListening = Extract<GapCause, 'hub-unreachable' | 'partition-not-read' | 'event-log-unreachable'>;

/** Whether the hub is read, and when that was last proved. Times are milliseconds since 1970 UTC. */
export interface ListeningState {
  readonly ok: boolean;
  readonly since: number;
  /** The oldest of the partitions' last proofs: what is not proved for one is not proved for the hub. */
  readonly lastProofAt?: number;
  /** One plain sentence where it is not ok. */
  readonly word?: string;
  /** The same for the record of the watch. */
  readonly cause?: NotListening;
  readonly partitions: readonly PartitionHealth[];
}

/** Somebody reads, but is this far behind: calls come late. */
const lateMs = 10_000;

/** Judges the health of all partitions as one. Pure. */
export function judgeListening(
  partitions: readonly PartitionHealth[],
  now: number,
): Pick<ListeningState, 'ok' | 'lastProofAt' | 'word' | 'cause'> {
  if (partitions.length === 0) return { ok: false, cause: 'partition-not-read', word: 'Nobody reads the hub' };
  const proofs = partitions.map(({ heardAt }) => heardAt);
  const proof = proofs.every((at) => at !== undefined) ? { lastProofAt: Math.min(...proofs) } : {};
  const silent = partitions.filter(({ state, heardAt }) => state !== 'reading' || !isFresh(heardAt, now));
  if (silent.length > 0)
    return {
      ok: false,
      ...proof,
      cause: causeOf(silent),
      word: `${silent.length === partitions.length ? 'The hub is' : `Partition ${silent.map(({ partition }) => partition).join(', ')} of the hub is`} not being read`,
    };
  const late = partitions.filter(({ lagMs = 0 }) => lagMs > lateMs);
  if (late.length > 0)
    return {
      ok: false,
      ...proof,
      cause: 'partition-not-read',
      word: `Calls come late: the hub is read ${Math.round(Math.max(...late.map(({ lagMs = 0 }) => lagMs)) / 1000)} s behind`,
    };
  return { ok: true, ...proof };
}

/** What all of them wait for; else they are just not read. */
function causeOf(silent: readonly PartitionHealth[]): NotListening {
  if (silent.every(({ away }) => away === 'hub')) return 'hub-unreachable';
  return silent.every(({ away }) => away === 'log') ? 'event-log-unreachable' : 'partition-not-read';
}

const notReached = {
  'cut-off': {
    word: 'The event log does not answer: no call can reach this board',
    cause: 'event-log-unreachable',
  },
  'catching-up': {
    word: 'This board has not read the whole event log yet: calls may be missing on it',
    cause: 'event-log-unreachable',
  },
  'not-kept': { word: 'This board cannot keep what it reads: calls may be missing on it' },
  'disk-takes-nothing': { word: 'The disk takes nothing more: a call cannot be kept', cause: 'event-log-unreachable' },
  'not-judged': { word: 'Notices are not judged: no call can reach this board' },
} as const satisfies Record<Exclude<Reached, 'yes'>, Pick<ListeningState, 'word' | 'cause'>>;

export interface ListeningDeps {
  readonly clock: Clock;
  /** Where this process reads the hub itself. */
  readonly own?: () => readonly PartitionHealth[];
  /** Where other processes do. */
  readonly elsewhere?: {
    readonly ownership: PartitionOwnership;
    /** Without `describe` only those partitions are looked at that somebody claims. Undefined: nobody can ask the hub, and claims have to do. */
    readonly source: (Pick<EventSource, 'partition'> & Partial<Pick<EventSource, 'describe'>>) | undefined;
    readonly log: Pick<EventLog, 'readStream'>;
    readonly hub: string;
    /** Who we are: our own claims say nothing about others. */
    readonly self?: string;
  };
  /** Whether what is stored reaches this board; a hub that is read is of no use to a desk that is cut off from the log, or has not read all of it yet. */
  readonly reached?: () => Reached;
}

export interface Listening {
  state(): ListeningState;
  /** Looks again every few seconds until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds between looks at what other processes do, and at what this one knows itself. */
const pollMs = 3000;
const ownPollMs = 1000;
/** A connection to the log that drops and is back sooner than this is normal under load. */
const cutOffMs = 3000;

export function createListening(deps: ListeningDeps): Listening {
  const { clock } = deps;
  let remote: readonly PartitionHealth[] = [];
  const backlogs = new Map<string, Backlog>();
  /** When each partition was last heard of, by whomever read it: who finds it unread must not say that it was read until now. */
  const lastHeard = new Map<string, number>();
  let last: { readonly ok: boolean; readonly since: number } = { ok: false, since: clock.now() };
  let reachedAt = clock.monotonic();
  let lookAt = reachedAt;
  const withProof = (health: PartitionHealth): PartitionHealth => {
    const { partition, state, heardAt = 0 } = health;
    if (state === 'reading') {
      if (heardAt > 0) lastHeard.set(partition, heardAt);
      return health;
    }
    const before = lastHeard.get(partition) ?? 0;
    // A clock may have been set back.
    const known = Math.max(heardAt, before <= clock.now() ? before : 0);
    return known === 0 ? health : { ...health, heardAt: known };
  };
  const look = (): ListeningState => {
    const partitions = together(deps.own?.(), remote).map(withProof);
    const reached = deps.reached?.() ?? 'yes';
    if (reached === 'yes') reachedAt = clock.monotonic();
    const heard = judgeListening(partitions, clock.now());
    const judged =
      reached !== 'yes' && clock.monotonic() - reachedAt > cutOffMs
        ? { ok: false, ...lastProofOf(heard), ...notReached[reached] }
        : heard;
    if (judged.ok !== last.ok) last = { ok: judged.ok, since: clock.now() };
    return { ...judged, since: last.since, partitions };
  };
  return {
    state: look,
    async run(signal) {
      while (!signal.aborted) {
        if (deps.elsewhere !== undefined && clock.monotonic() >= lookAt) {
          lookAt = clock.monotonic() + pollMs;
          remote = await lookElsewhere(deps.elsewhere, remote, backlogs, clock.now()).catch(() => remote);
        }
        // Since when it is so has to be known before anybody asks.
        look();
        await clock.sleep(deps.own === undefined ? pollMs : ownPollMs, signal);
      }
    },
  };
}

function lastProofOf({ lastProofAt }: Pick<ListeningState, 'lastProofAt'>): Pick<ListeningState, 'lastProofAt'> {
  return lastProofAt === undefined ? {} : { lastProofAt };
}

/** What this process reads itself it knows best; of the others' partitions it knows what they claim. */
function together(
  own: readonly PartitionHealth[] | undefined,
  remote: readonly PartitionHealth[],
): readonly PartitionHealth[] {
  if (own === undefined) return remote;
  const reading = (health: PartitionHealth | undefined) => health?.state === 'reading';
  const elsewhere = new Map(remote.filter(reading).map((health) => [health.partition, health]));
  const ours = new Set(own.map(({ partition }) => partition));
  return [
    ...own.map((health) => (reading(health) ? health : (elsewhere.get(health.partition) ?? health))),
    ...[...elsewhere.values()].filter(({ partition }) => !ours.has(partition)),
  ];
}

/**
 * A living claim says that somebody reads; that the log has what the hub has says that it is true. Claims are renewed whether or not the hub answers: without its
 * answer a claim proves nothing.
 */
async function lookElsewhere(
  from: NonNullable<ListeningDeps['elsewhere']>,
  before: readonly PartitionHealth[],
  backlogs: Map<string, Backlog>,
  now: number,
): Promise<readonly PartitionHealth[]> {
  const claims = (await from.ownership.list()).filter(({ ownerId }) => ownerId !== from.self);
  const described = await from.source?.describe?.();
  const claimed = claims.map(({ partitionId }) => partitionId);
  // While the hub does not say what it has, it has what it had.
  const known = described === undefined ? [] : before.map(({ partition }) => partition);
  const ids = described?.ok === true ? described.hub.partitionIds : [...new Set([...known, ...claimed])];
  return Promise.all(
    ids.map(async (partition): Promise<PartitionHealth> => {
      const claim = claims.find(({ partitionId }) => partitionId === partition);
      const tail = await readTail(from.log, inboxStream(from.hub, partition));
      const ends = await from.source?.partition(partition);
      const earlier = before.find((one) => one.partition === partition);
      // A log that does not answer says nothing about how far the hub was read.
      const appendedTo = tail.ok ? (tail.position?.sequenceNumber ?? -1) : (earlier?.appendedTo ?? -1);
      const state = claim === undefined ? 'waiting' : 'reading';
      const since = earlier?.state === state ? earlier.since : now;
      const isKnown = from.source === undefined || (ends?.ok === true && tail.ok);
      // A claim bears the time of whoever keeps it, whose clock may be ahead of ours.
      const heardAt = isKnown ? claim && Math.min(claim.claimedAt, now) : earlier?.heardAt;
      const away = !tail.ok ? ('log' as const) : isKnown ? undefined : ('hub' as const);
      const base = {
        partition,
        state,
        since,
        appendedTo,
        ...(claim === undefined || heardAt === undefined ? {} : { heardAt }),
        ...(away === undefined ? {} : { away }),
      } as const;
      if (ends?.ok !== true) return base;
      const { lastEnqueuedSequenceNumber: sequenceNumber, lastEnqueuedAt } = ends.partition;
      const lagMessages = Math.max(0, sequenceNumber - appendedTo);
      const backlog = backlogs.get(partition) ?? createBacklog();
      backlogs.set(partition, backlog);
      backlog.read(appendedTo, tail.ok ? tail.position?.enqueuedAt : undefined);
      backlog.end(sequenceNumber, lastEnqueuedAt ?? now, now);
      const oldestAt = backlog.oldestUnreadAt() ?? lastEnqueuedAt ?? now;
      return {
        ...base,
        lastEnqueued: { sequenceNumber, enqueuedAt: lastEnqueuedAt ?? 0 },
        lagMessages,
        lagMs: lagMessages === 0 ? 0 : Math.max(0, now - oldestAt),
      };
    }),
  );
}
