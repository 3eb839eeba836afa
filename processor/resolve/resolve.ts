import type { EventMetadata } from '#domain/metadata.ts';
import { streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import type { Ids } from '#ports/ids.ts';
import type { LargePayloads } from '#ports/large-payloads.ts';
import { createFollower, type FollowerState, type Taken } from '#processor/follower.ts';
import { type RecoverDeps, recoveredNotice } from '#processor/resolve/recovered-notice.ts';
import { createWaitingList, type WaitingHealth } from '#processor/resolve/waiting-list.ts';

export interface ResolveDeps extends RecoverDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Names this process; never reused. */
  readonly instanceId: string;
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  readonly payloads: LargePayloads;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  /** Told what came of each referred notice; must not throw. */
  readonly observe?: (outcome: ResolveOutcome, event: RecordedEvent) => void;
}

export type ResolveOutcome =
  | { readonly kind: 'published' }
  /** It is tried again by itself. */
  | { readonly kind: 'later'; readonly detail: string }
  /** Trying again would not help: what the notice referred to is not to be had. The notice stays in the record. */
  | { readonly kind: 'given-up'; readonly detail: string };

/** How resolve is doing, for probes; nothing personal in it. Times are ISO 8601 UTC and say when the hub got a notice. */
export interface ResolveHealth extends WaitingHealth {
  readonly state: FollowerState;
  readonly position?: LogPosition;
  readonly caughtUp: boolean;
  /** Of this process. */
  readonly counts: Readonly<Record<ResolveOutcome['kind'], number>>;
  /** What the last thing that is tried again failed of. */
  readonly waitingFor?: string;
}

export interface Resolve {
  /** Works until the signal is aborted. Several may run on one log: one of them fetches. */
  run(signal: AbortSignal): Promise<void>;
  health(): ResolveHealth;
}

const resolveStream = 'resolve';
/** Fetched side by side: one slow answer must not hold up the others. */
const together = 8;
/** More than this wait only while the storage account is away: then it is waited for, not run ahead of. */
const mostPending = 100;

/**
 * Fetches what notices only referred to, and publishes it to the hub as a notice of ours, which goes the way of all others (architecture 3.3). What can only be
 * had from Graph waits, and is counted. Position and what is pending are put on record together, so a crash repeats and never forgets; what
 * is published twice is one call all the same.
 */
export function createResolve(deps: ResolveDeps): Resolve {
  const { log, clock, payloads, publisher, observe } = deps;
  const list = createWaitingList(clock);
  const counts = { published: 0, later: 0, 'given-up': 0 };
  let logAway: string | undefined;
  let waitingFor: string | undefined;

  async function recover(event: RecordedEvent, blobId: string, signal: AbortSignal): Promise<ResolveOutcome> {
    const payload = await payloads.fetch(blobId, signal);
    if (!payload.ok) {
      const again = payload.reason === 'unavailable' || payload.reason === 'access-denied';
      return { kind: again ? 'later' : 'given-up', detail: `${payload.reason}: ${payload.detail}` };
    }
    const recovered = await recoveredNotice(deps, event, payload.body);
    if (!recovered.ok) return { kind: 'given-up', detail: recovered.reason };
    const published = await publisher.publish([recovered.message]);
    if (published.ok) return { kind: 'published' };
    return {
      kind: published.reason === 'too-large' ? 'given-up' : 'later',
      detail: `${published.reason}: ${published.detail}`,
    };
  }

  /** Tries everything that is due; true when that changed what is pending. */
  async function work(signal: AbortSignal): Promise<boolean> {
    let changed = false;
    for (let due = list.due(together); due.length > 0 && !signal.aborted; due = list.due(together)) {
      await Promise.all(
        due.map(async ({ event, blobId }) => {
          // Whatever is wrong with one, the others are fetched.
          const outcome = await recover(event, blobId, signal).catch(
            (error: unknown): ResolveOutcome => ({
              kind: 'later',
              detail: error instanceof Error ? error.message : 'failed',
            }),
          );
          if (signal.aborted && outcome.kind !== 'published') return;
          counts[outcome.kind]++;
          waitingFor = outcome.kind === 'later' ? outcome.detail : undefined;
          if (outcome.kind === 'later') list.postpone(event.id);
          else list.settle(event.id, outcome.kind);
          changed ||= outcome.kind !== 'later';
          observe?.(outcome, event);
        }),
      );
    }
    return changed;
  }

  async function take(events: readonly RecordedEvent[], signal: AbortSignal): Promise<Taken> {
    let done = 0;
    let urgent = false;
    for (const event of events) {
      if (!event.stream.startsWith(streamPrefixes.inbox)) continue;
      done++;
      const { data } = event;
      if (data['tocsinrecovered'] === true) list.recovered(data['id']);
      else if (data['tocsincontent'] === 'referred') urgent = list.add(event, blobIdOf(data)) || urgent;
      while (list.pending() >= mostPending && !signal.aborted) {
        if (await work(signal)) urgent = true;
        else await clock.sleep(list.dueIn() ?? 0, signal);
      }
    }
    if (await work(signal)) urgent = true;
    return { done, urgent, aborted: signal.aborted };
  }

  /** What an earlier process left to do. */
  async function claimed(memo: JsonObject, signal: AbortSignal): Promise<void> {
    for (const { stream, revision } of list.restore(memo)) {
      for (;;) {
        const read = await log.readStream(stream, { direction: 'forwards', from: revision, limit: 1 });
        const away = !read.ok && (read.reason === 'unavailable' || read.reason === 'access-denied');
        logAway = away ? read.detail : undefined;
        if (signal.aborted) return;
        if (!away) {
          const event = read.ok ? read.events[0] : undefined;
          if (event?.revision === revision) list.add(event, blobIdOf(event.data));
          break;
        }
        await clock.sleep(500, signal);
      }
    }
  }

  const follower = createFollower({
    ...{ log, clock, ids: deps.ids, instanceId: deps.instanceId, metadata: deps.metadata },
    ...{ stream: resolveStream, type: 'ResolveAdvanced' },
    onWaiting: (detail) => {
      logAway = detail;
    },
    stage: { prefixes: [], claimed, take, dueIn: list.dueIn, memo: list.memo },
  });

  return {
    run: follower.run,
    health() {
      const position = follower.position();
      const away = logAway ?? waitingFor;
      return {
        ...{ state: follower.state(), caughtUp: follower.caughtUp(), counts: { ...counts } },
        ...(position === undefined ? {} : { position }),
        ...(away === undefined ? {} : { waitingFor: away }),
        ...list.health(),
      };
    },
  };
}

function blobIdOf(data: JsonObject): string | undefined {
  const inner = data['data'];
  const blobId = isJsonObject(inner) ? inner['blobId'] : undefined;
  return typeof blobId === 'string' && blobId !== '' ? blobId : undefined;
}
