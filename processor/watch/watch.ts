import type { EventMetadata } from '#domain/metadata.ts';
import { namespace, streamPrefixes } from '#domain/names.ts';
import type { GapCause, WatchEvent } from '#domain/watch/events.ts';
import { type HubFacts, judgeWatch, type SubscriptionLoss, type WatchVerdict } from '#domain/watch/judge.ts';
import { absentMs } from '#domain/watch/proved.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import { surely } from '#processor/retry.ts';
import { createWatchState, type OnRecord, type WatchState } from '#processor/watch/state.ts';

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
/** A proof goes on record this often. */
const proveMs = 60_000;

/**
 * The record of when each feed was watched (`watch-<feed>`). Several processes may write it: each appends at the revision that it saw, and whoever comes second
 * sees what the first one wrote.
 */
export function createWatch(deps: WatchDeps): Watch {
  const { log, clock, targets } = deps;
  /** Losses that ended until then are on record, or were before this process began. */
  const weighed = new Map<WatchTarget, number>();

  /** Follows what it hangs on; resolves once all that was there is known. */
  function follow(
    state: WatchState,
    signal: AbortSignal,
  ): { readonly known: Promise<void>; readonly ended: Promise<void> } {
    const { promise: known, resolve } = Promise.withResolvers<void>();
    const prefixes = [streamPrefixes.credential, streamPrefixes.subscription];
    const ended = (async () => {
      for await (const item of log.subscribe({ filter: { by: 'stream-prefix', prefixes }, signal })) {
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
        if (type === 'WatchOpened' || type === 'WatchClosed') wanted.delete(data['policy'] as string | undefined);
      const last = page.at(-1);
      if (last === undefined || last.revision === 0 || wanted.size === 0) break;
      from = last.revision - 1;
    }
    for (const event of events.toReversed()) state.take(event);
    return { stream, revision: events[0]?.revision ?? 'no-stream', state };
  }

  async function look(feed: Feed, state: WatchState, name: string, signal: AbortSignal): Promise<void> {
    const now = clock.now();
    const found = new Map<WatchTarget, number>();
    const events = targets
      .filter((target) => target.feed === name)
      .flatMap((target) => {
        const credential = state.credential(target.credential);
        const subscription = state.subscription(target.subscription);
        const verdict = judgeWatch({
          ...{ now, hub: deps.hub() },
          ...(credential === undefined ? {} : { credential }),
          ...(subscription === undefined ? {} : { subscription }),
        });
        const before = feed.state.onRecord(name, target.policy);
        if (!weighed.has(target)) weighed.set(target, before?.since ?? now);
        // Those that came to light since then, however long ago they were.
        const all = before === undefined ? [] : (subscription?.losses ?? []);
        const losses = all.filter(({ until }) => until > (weighed.get(target) ?? now));
        for (const { until } of losses) found.set(target, until);
        return whatToWrite(before, verdict, losses, target.policy, now);
      });
    if (events.length === 0) return;
    const written = events.map(({ type, data }) => {
      const id = uuid5(namespace, `${feed.stream}|${feed.revision}|${data.policy ?? ''}|${type}|${data.at}`);
      return { id, type, data: { ...data }, metadata: deps.metadata(id, id) };
    });
    const result = await log.append(feed.stream, feed.revision, written);
    if (result.ok) {
      for (const [target, until] of found) weighed.set(target, until);
      for (const event of written)
        feed.state.take({ ...event, stream: feed.stream, revision: result.revision, position: '', created: now });
      feed.revision = result.revision;
      return;
    }
    deps.onWaiting?.('detail' in result ? result.detail : result.reason);
    // Whether it was written, or another process wrote: the stream says.
    const again = await record(name, signal);
    if (again !== undefined) Object.assign(feed, again);
  }

  return {
    async run(signal) {
      const state = createWatchState();
      const following = follow(state, signal);
      await following.known;
      const feeds = new Map<string, Feed>();
      const read = new Set<WatchTarget>();
      while (!signal.aborted) {
        for (const name of new Set(targets.filter((target) => !read.has(target)).map(({ feed }) => feed))) {
          const feed = await record(name, signal);
          if (feed === undefined) continue;
          feeds.set(name, feed);
          for (const target of targets) if (target.feed === name) read.add(target);
        }
        for (const [name, feed] of feeds) await look(feed, state, name, signal);
        await clock.sleep(lookMs, signal);
      }
      await following.ended;
    },
  };
}

interface Feed {
  readonly stream: string;
  revision: number | 'no-stream';
  state: WatchState;
}

const readsHub: ReadonlySet<GapCause> = new Set(['hub-unreachable', 'partition-not-read', 'event-log-unreachable']);

/** The events that bring the record to where the verdict is. */
function whatToWrite(
  before: OnRecord | undefined,
  verdict: WatchVerdict,
  losses: readonly SubscriptionLoss[],
  policy: string | undefined,
  now: number,
): WatchEvent[] {
  const of = policy === undefined ? {} : { policy };
  const iso = (ms: number) => new Date(ms).toISOString();
  // Nobody looked for a while: what cannot be proved afterwards is a gap, whatever is true now.
  const absent =
    before?.watching === true && now - (before.provedAt ?? before.since) > absentMs
      ? Math.min(before.provedAt ?? before.since, now)
      : undefined;
  const closed: WatchEvent[] =
    absent === undefined
      ? []
      : [{ type: 'WatchClosed', data: { ...of, at: iso(absent), cause: 'tocsin-not-running' } }];
  if (!verdict.watching) {
    const { cause, detail } = verdict;
    if (absent !== undefined) return closed;
    const says = detail === undefined ? {} : { detail };
    if (before === undefined)
      return [{ type: 'WatchClosed', data: { ...of, at: iso(now), cause: 'not-started', ...says } }];
    // Another process may have read what this one did not; but no proof that the hub is read shows that Graph has a subscription, now or before an earlier gap.
    const isHub = readsHub.has(cause);
    const since = isHub ? Math.max(before.provedAt ?? before.since, verdict.at) : verdict.at;
    const [loss] = losses.toSorted((a, b) => a.from - b.from);
    const found = loss !== undefined && loss.from < since ? loss : undefined;
    const earliest = found?.from ?? since;
    if (!before.watching && (earliest >= before.since || (isHub && found === undefined))) return [];
    const data = { ...of, at: iso(earliest), ...(found === undefined ? { cause, ...says } : { cause: found.cause }) };
    return [{ type: 'WatchClosed', data }];
  }
  const { proof } = verdict;
  const data = { ...of, at: iso(verdict.at), proof };
  if (before === undefined || !before.watching || absent !== undefined) {
    const from = absent ?? before?.since ?? verdict.at;
    const [earlier] = losses.filter((loss) => before !== undefined && loss.from < before.since);
    if (earlier !== undefined)
      closed.push({ type: 'WatchClosed', data: { ...of, at: iso(earlier.from), cause: earlier.cause } });
    return [...closed, { type: 'WatchOpened', data: { ...data, at: iso(Math.max(from, verdict.at)) } }];
  }
  if (losses.length > 0) {
    let since = 0;
    return losses.flatMap(({ from, until, cause }): WatchEvent[] => {
      const at = Math.max(from, since);
      since = until;
      return [
        { type: 'WatchClosed', data: { ...of, at: iso(at), cause } },
        { type: 'WatchOpened', data: { ...data, at: iso(until) } },
      ];
    });
  }
  return verdict.at - (before.provedAt ?? before.since) >= proveMs ? [{ type: 'WatchProved', data }] : [];
}
