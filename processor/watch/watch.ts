import type { EventMetadata } from '#domain/metadata.ts';
import { namespace, streamPrefixes } from '#domain/names.ts';
import { bringUpToDate } from '#domain/watch/bring-up-to-date.ts';
import { type HubFacts, judgeWatch } from '#domain/watch/judge.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import { surely } from '#processor/retry.ts';
import { asksForToken, createWatchState, type WatchState } from '#processor/watch/state.ts';

/** A feed that is to be watched; of the events feed one policy. */
export interface WatchTarget {
  readonly feed: 'chat' | 'events';
  readonly policy?: string;
  /** Ids of the streams `credential-<id>` and `subscription-<id>` that it hangs on. */
  readonly credential: string;
  readonly subscription: string;
}

export interface WatchDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream' | 'subscribe'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** Looked at each time: what is in it may change. */
  readonly targets: readonly WatchTarget[];
  /** Whether the hub is read, as this process knows. */
  readonly hub: () => HubFacts;
  /** Told why something has to be tried again. */
  readonly onWaiting?: (detail: string | undefined) => void;
}

export interface Watch {
  /** Puts on record when each feed was provably watched, until the signal is aborted. Any number of processes may: what one wrote the others need not. */
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds between looks. */
const lookMs = 1_000;
/** At once, where somebody else was quicker each time. */
const mostLooks = 5;

/**
 * The record of when each feed was watched (`watch-<feed>`). Several processes may write it: each appends at the revision that it saw, and whoever comes second
 * sees what the first one wrote.
 */
export function createWatch(deps: WatchDeps): Watch {
  const { log, clock, targets } = deps;

  /** Follows what it hangs on; resolves once all that was there is known. */
  function follow(
    state: WatchState,
    signal: AbortSignal,
  ): { readonly known: Promise<void>; readonly ended: Promise<void> } {
    const { promise: known, resolve } = Promise.withResolvers<void>();
    const prefixes = ['Credential', 'Subscription', asksForToken];
    const ended = (async () => {
      for await (const item of log.subscribe({ filter: { by: 'type-prefix', prefixes }, signal })) {
        if (item.kind === 'caught-up') resolve();
        if (item.kind === 'events') for (const event of item.events) state.take(event);
      }
      resolve();
    })();
    return { known, ended };
  }

  /** What is on record of a feed, and its stream's revision. Read from the end: the last word about every target is near it. */
  async function record(feed: string, signal: AbortSignal): Promise<Feed | undefined> {
    const state = createWatchState();
    const wanted = new Set(targets.filter((target) => target.feed === feed).map(({ policy }) => policy));
    const stream = `${streamPrefixes.watch}${feed}`;
    const events: Parameters<WatchState['take']>[0][] = [];
    let from: number | undefined;
    for (;;) {
      const page = await surely(deps, signal, async () => {
        const read = await log.readStream(stream, {
          ...{ direction: 'backwards', limit: 200 },
          ...(from === undefined ? {} : { from }),
        });
        if (!read.ok && read.reason !== 'stream-not-found') return { again: read.detail };
        return { done: read.ok ? read.events : [] };
      });
      if (page === undefined) return undefined;
      events.push(...page);
      for (const { type, data } of page)
        if (type !== 'WatchProved' || data['since'] !== undefined) wanted.delete(data['policy'] as string | undefined);
      const last = page.at(-1);
      if (last === undefined || last.revision === 0 || wanted.size === 0) break;
      from = last.revision - 1;
    }
    for (const event of events.toReversed()) state.take(event);
    return { stream, revision: events[0]?.revision ?? 'no-stream', state };
  }

  /** True where somebody else wrote meanwhile: what is seen now has to be said to what he wrote, as it may be over at the next look. */
  async function look(
    feed: Feed,
    state: WatchState,
    name: string,
    { facts, readSince }: HubSeen,
    signal: AbortSignal,
  ): Promise<boolean> {
    const now = clock.now();
    const isLast = signal.aborted;
    const events = targets
      .filter((target) => target.feed === name)
      .flatMap(({ credential: of, subscription: id, policy }) => {
        const credential = state.credential(of);
        const subscription = state.subscription(id);
        const verdict = judgeWatch({
          ...{ now, hub: facts },
          ...(credential === undefined ? {} : { credential }),
          ...(subscription === undefined ? {} : { subscription }),
        });
        const seen = { now, verdict, readSince, isLast };
        return bringUpToDate(feed.state.onRecord(name, policy), seen, subscription?.losses ?? [], policy);
      });
    if (events.length === 0) return false;
    const written = events.map(({ type, data }) => {
      const id = uuid5(namespace, `${feed.stream}|${feed.revision}|${data.policy ?? ''}|${type}|${data.at}`);
      return { id, type, data: { ...data }, metadata: deps.metadata(id, id) };
    });
    const result = await log.append(feed.stream, feed.revision, written);
    if (result.ok) {
      for (const event of written)
        feed.state.take({ ...event, stream: feed.stream, revision: result.revision, position: '', created: now });
      feed.revision = result.revision;
      return false;
    }
    deps.onWaiting?.('detail' in result ? result.detail : result.reason);
    // Whether it was written, or another process wrote: the stream says.
    const again = await record(name, signal);
    if (again !== undefined) Object.assign(feed, again);
    return again !== undefined && result.reason === 'wrong-expected-revision';
  }

  return {
    async run(signal) {
      const state = createWatchState();
      const following = follow(state, signal);
      await following.known;
      const feeds = new Map<string, Feed>();
      const read = new Set<WatchTarget>();
      let hub: HubSeen | undefined;
      while (!signal.aborted) {
        for (const name of new Set(targets.filter((target) => !read.has(target)).map(({ feed }) => feed))) {
          const feed = await record(name, signal);
          if (feed === undefined) continue;
          feeds.set(name, feed);
          for (const target of targets) if (target.feed === name) read.add(target);
        }
        hub = seenOf(deps.hub(), hub);
        for (const [name, feed] of feeds)
          for (let again = true, times = 0; again && times < mostLooks; times++)
            again = await look(feed, state, name, hub, signal);
        await clock.sleep(lookMs, signal);
      }
      // What was proved until now: a stop is no reason to call the last minute unwatched. By the last look, as those who read the hub are stopping, too.
      if (hub?.facts.ok === true) for (const [name, feed] of feeds) await look(feed, state, name, hub, signal);
      await following.ended;
    },
  };
}

/** What this process knows of the hub. */
interface HubSeen {
  readonly facts: HubFacts;
  /** Since when it was read without a break: until now, or until it was not any more. */
  readonly readSince: number | undefined;
}

function seenOf(facts: HubFacts, before: HubSeen | undefined): HubSeen {
  const readSince = facts.ok && before?.facts.ok !== true ? facts.provedAt : before?.readSince;
  return { facts, readSince };
}

interface Feed {
  readonly stream: string;
  revision: number | 'no-stream';
  state: WatchState;
}
