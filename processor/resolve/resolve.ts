import { fetchStreams } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { resolveStream, streamPrefixes } from '#domain/names.ts';
import { quarantineStreams } from '#domain/quarantine/events.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import { linkSignals } from '#kernel/linked-signal.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import type { Graph } from '#ports/graph.ts';
import type { Ids } from '#ports/ids.ts';
import type { Sealer } from '#ports/sealer.ts';
import { createFollower, type FollowerState, type Taken } from '#processor/follower.ts';
import { type BackFillHealth, createBackFill } from '#processor/resolve/back-fill.ts';
import { createBacklog } from '#processor/resolve/backlog.ts';
import { createDelays } from '#processor/resolve/delays.ts';
import { type FetchDeps, fetchMessage, fetchPayload } from '#processor/resolve/fetch.ts';
import { createLane, type FetchOutcome, type LaneDeps } from '#processor/resolve/lane.ts';
import { readPlaces } from '#processor/resolve/places.ts';
import { createRepublish } from '#processor/resolve/republish.ts';
import {
  createWaitingList,
  type Source,
  type SourceKind,
  type WaitingHealth,
} from '#processor/resolve/waiting-list.ts';

export interface ResolveDeps extends Omit<FetchDeps, 'clock' | 'graph'> {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Names this process; never reused. */
  readonly instanceId: string;
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** Of the chat feed's sign-in; absent while there is none: what only Graph can tell waits, and so do gaps. */
  readonly graph?: Pick<Graph, 'message' | 'chats' | 'messages'>;
  /** The tenant whose chats `graph` reads; gaps wait without it. */
  readonly tenantId?: string;
  /** Opens what lies in quarantine; what somebody wants to be published again waits without it. */
  readonly quarantine?: Pick<Sealer, 'openQuarantine'>;
  /** Milliseconds that a notice may wait for Graph or its storage until all that wait are raised as one unverified emergency (default 60,000). */
  readonly unverifiedAfterMs?: number;
  /** How many notices of each kind are held in memory at most; the others are read again when there is room (default 500 payloads, 2,000 messages). */
  readonly atHand?: Readonly<Record<SourceKind, number>>;
  /** Told what came of each referred notice; must not throw. */
  readonly observe?: (outcome: ResolveOutcome, event: RecordedEvent) => void;
}

export type ResolveOutcome = FetchOutcome;

/** How resolve is doing, for probes; nothing personal in it. Times are ISO 8601 UTC and say when the hub got a notice. */
export interface ResolveHealth extends WaitingHealth {
  readonly state: FollowerState;
  readonly position?: LogPosition;
  readonly caughtUp: boolean;
  /** Of this process. */
  readonly counts: Readonly<Record<ResolveOutcome['kind'], number>>;
  /** What the last thing that is tried again failed of. */
  readonly waitingFor?: string;
  /** Notices that waited too long, or lost what they referred to, and are raised as one unverified emergency: since when, and how many. */
  readonly delayed?: { readonly since: string; readonly count: number };
  readonly backFill: BackFillHealth;
}

export interface Resolve {
  /** Works until the signal is aborted. Several may run on one log: one of them fetches. */
  run(signal: AbortSignal): Promise<void>;
  health(): ResolveHealth;
}

const together = 8;
/** More than this wait only while a service is away. What comes from the other one, and what follows in the log, must not wait for that. */
const mostAtHand = { blob: 500, message: 2_000 } as const;
/** So long what is fetched is waited for before the log is read on: most answers come sooner, and then one position stands for both. */
const settleMs = 250;
/** While something is under way by itself it is looked after this often. */
const lookMs = 500;

/**
 * Fetches what notices only referred to, and publishes it to the hub as a notice of ours, which goes the way of all others (architecture 3.3): payloads from Blob
 * storage, chat messages from Graph, and what a gap of the chat feed swallowed. Position and what is pending are put on record together, so a crash repeats and
 * never forgets; what is published twice is one call all the same.
 */
export function createResolve(deps: ResolveDeps): Resolve {
  const { log, clock, observe } = deps;
  const list = createWaitingList(clock);
  const counts = { published: 0, later: 0, 'given-up': 0 };
  let logAway: string | undefined;
  let isChanged = false;
  /** Ends what goes on beside when another time as the active one begins. */
  let tenure = new AbortController();

  const isActive = (): boolean => follower.state() === 'active';
  const onOutcome: LaneDeps['onOutcome'] = (outcome, { event }) => {
    counts[outcome.kind]++;
    isChanged ||= outcome.kind !== 'later';
    observe?.(outcome, event);
  };
  const blobs = createLane({
    ...{ list, kind: 'blob', clock, together, isActive, onOutcome },
    attempt: (fetch, signal) =>
      fetchPayload(deps, fetch, fetch.source.kind === 'blob' ? fetch.source.blobId : '', signal),
  });
  const messages = createLane({
    ...{ list, kind: 'message', clock, together, isActive, onOutcome },
    async attempt(fetch, signal) {
      const outcome = await fetchMessage(deps, fetch, signal);
      const isNew = outcome.kind === 'later' && outcome.absent === true && fetch.absent !== true;
      // So many at once were deleted rather than not there yet, and memory must not grow with them.
      return isNew && list.absent('message') >= atHand.message ? { kind: 'given-up', detail: outcome.detail } : outcome;
    },
  });
  const lanes = [blobs, messages];
  const { atHand = mostAtHand } = deps;
  const retrying = {
    ...{ log, clock, ids: deps.ids },
    onWaiting: (detail: string | undefined) => {
      logAway = detail;
    },
  };
  const backlog = createBacklog(retrying, ({ data }) => (isReferred(data) ? sourceOf(data).kind : undefined));
  const { unverifiedAfterMs = 60_000 } = deps;
  const delays = createDelays({
    ...{ ...retrying, list, losses: () => backFill.losses(), metadata: deps.metadata, unverifiedAfterMs },
    isAway: (kind) => (kind === 'blob' ? blobs : messages).isAway(),
  });
  const backFill = createBackFill({ ...deps, ...retrying, isActive });
  const republish = createRepublish({
    ...{ ...retrying, metadata: deps.metadata, publisher: deps.publisher, isActive },
    sealer: deps.quarantine ?? { openQuarantine: async () => noKeys },
    clientState: deps.clientState ?? (() => undefined),
  });

  const beside = [backFill, republish];
  const waiting = () => ({ waiting: list.pending('message') + backlog.count('message') });
  const idle = () => Promise.all([...lanes, ...beside].map((each) => each.idle()));

  function sort(event: RecordedEvent): number {
    backFill.take(event);
    delays.take(event);
    republish.take(event);
    if (!event.stream.startsWith(streamPrefixes.inbox)) return event.stream.startsWith(quarantineStreams) ? 1 : 0;
    const { data } = event;
    if (data['tocsinrecovered'] === true) list.recovered(data['id']);
    else if (isReferred(data)) add(event);
    return 1;
  }

  function add(event: RecordedEvent): void {
    const source = sourceOf(event.data);
    const isFull = () => inHand(source.kind) >= atHand[source.kind];
    if (!backlog.takes(event, source.kind, isFull)) list.add(event, source);
  }

  const kinds = ['blob', 'message'] as const;
  /** Without what is absent: nothing that may be there has to wait for room until that is given up. */
  const inHand = (kind: SourceKind) => list.pending(kind) - list.absent(kind);
  const hasRoom = (kind: SourceKind) => backlog.count(kind) > 0 && inHand(kind) <= atHand[kind] / 2;

  async function refill(signal: AbortSignal): Promise<void> {
    for (const kind of kinds.filter(hasRoom))
      for (const event of await backlog.next(kind, atHand[kind] - inHand(kind), signal))
        list.add(event, sourceOf(event.data));
  }

  /** Gives what is due a moment; whatever takes longer goes on beside. */
  async function work(ms: number, signal: AbortSignal): Promise<void> {
    for (const each of [...lanes, ...beside]) each.kick(tenure.signal);
    const ending = linkSignals(signal);
    const fetched = Promise.all(lanes.map((lane) => lane.idle()));
    await Promise.race([fetched, clock.sleep(ms, ending.signal)]);
    ending.abort();
    if (await delays.check(signal)) isChanged = true;
  }

  async function take(events: readonly RecordedEvent[], signal: AbortSignal): Promise<Taken> {
    let done = 0;
    for (const event of events) done += sort(event);
    await refill(signal);
    await work(settleMs, signal);
    const urgent = beside.filter((each) => each.changed()).length > 0 || isChanged;
    isChanged = false;
    return { done, urgent, aborted: signal.aborted };
  }

  function dueIn(): number | undefined {
    if (isChanged || kinds.some(hasRoom)) return 0;
    const isBusy = lanes.some((lane) => !lane.isIdle()) || beside.some((each) => each.isBusy());
    const times = [...[...lanes, delays, backFill].map((each) => each.dueIn()), isBusy ? lookMs : undefined];
    // While notices are on record as delayed, their end is looked for.
    if (delays.health().delayed !== undefined) times.push(lookMs);
    const first = Math.min(...times.filter((time) => time !== undefined));
    return Number.isFinite(first) ? first : undefined;
  }

  /** What an earlier process left to do. */
  async function claimed(memo: JsonObject, signal: AbortSignal): Promise<void> {
    tenure.abort();
    await idle();
    tenure = new AbortController();
    const ours = tenure;
    signal.addEventListener('abort', () => ours.abort(), { once: true, signal: ours.signal });
    backlog.restore(memo);
    const left = await readPlaces(retrying, list.restore(memo), signal);
    for (const event of left) list.add(event, sourceOf(event.data));
    delays.restore(memo);
    for (const each of beside) each.restore(memo);
  }

  const follower = createFollower({
    ...{ ...retrying, instanceId: deps.instanceId, metadata: deps.metadata },
    ...{ stream: resolveStream, type: 'ResolveAdvanced' },
    stage: {
      prefixes: [streamPrefixes.watch, fetchStreams, quarantineStreams],
      work: [quarantineStreams],
      ...{ claimed, take, dueIn, isPending },
      memo: () => ({
        ...list.takeMemo(),
        ...waiting(),
        ...backlog.memo(),
        ...delays.memo(),
        ...backFill.memo(),
        ...republish.memo(),
      }),
    },
  });

  return {
    async run(signal) {
      await follower.run(signal);
      tenure.abort();
      await idle();
    },
    health() {
      const position = follower.position();
      const besides = backFill.health().waitingFor ?? republish.waitingFor();
      const away = logAway ?? blobs.waitingFor() ?? messages.waitingFor() ?? besides;
      return {
        ...{ state: follower.state(), caughtUp: follower.caughtUp(), counts: { ...counts } },
        ...(position === undefined ? {} : { position }),
        ...(away === undefined ? {} : { waitingFor: away }),
        ...{ ...list.health(), ...waiting(), pending: list.pending('blob') + backlog.count('blob') },
        ...{ ...delays.health(), backFill: backFill.health() },
      };
    },
  };
}

/** Of what a gap swallowed only what Graph refuses, or nobody was told of: the rest may wait for a sign-in for ever. */
function isPending({ pending, messages, backlog, republish, backFill }: JsonObject): boolean {
  const gaps = isJsonObject(backFill) && Array.isArray(backFill['gaps']) ? backFill['gaps'].filter(isJsonObject) : [];
  const isBounded = gaps.some((gap) => gap['refusedSince'] !== undefined || gap['isOver'] === true);
  return isBounded || [pending, messages, backlog, republish].some((each) => Array.isArray(each) && each.length > 0);
}

const noKeys = { ok: false, reason: 'unavailable', detail: 'this process has no key store' } as const;

const isReferred = (data: JsonObject) => data['tocsincontent'] === 'referred' && data['tocsinrecovered'] !== true;

function sourceOf(data: JsonObject): Source {
  const inner = data['data'];
  const blobId = isJsonObject(inner) ? inner['blobId'] : undefined;
  return typeof blobId === 'string' && blobId !== '' ? { kind: 'blob', blobId } : { kind: 'message' };
}
