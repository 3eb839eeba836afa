import { delayIdOf, type FetchEvent, fetchStreams, mostDelayedIds } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import {
  cloudEventIdOf,
  enqueuedAt,
  type Fetch,
  isRaised,
  type SourceKind,
  type WaitingList,
} from '#processor/resolve/waiting-list.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';

export interface DelaysDeps extends RetryDeps {
  readonly list: Pick<WaitingList, 'all' | 'settle'>;
  /** What is lost though no notice told of it, and is not on record yet. */
  readonly losses: () => readonly Loss[];
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** Graph, or the storage, does not answer. */
  readonly isAway: (kind: SourceKind) => boolean;
  readonly unverifiedAfterMs: number;
}

/** What may have been calls, and nobody can read any more. */
export interface Loss {
  /** By which the event on record names it among the notices: so whoever lost it knows that it is there. */
  readonly id: string;
  /** The event that it is owed to. */
  readonly cause: string;
  /** When the oldest of it may have been posted, ISO 8601 UTC. */
  readonly since: string;
  /** How many, at least. */
  readonly count: number;
}

/** Puts on record that notices wait too long or are lost, so that triage can raise one alarm for all of them. */
export interface Delays {
  /** Looks, and appends what is new; true when that changed what the next process has to know. */
  check(signal: AbortSignal): Promise<boolean>;
  /** An event of any stream: what a process put on record that was displaced before its memo was is to be ended, too. */
  take(event: RecordedEvent): void;
  /** Milliseconds until there will be something to put on record. */
  dueIn(): number | undefined;
  health(): { readonly delayed?: { readonly since: string; readonly count: number } };
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** What is new is put on record this often, and at once when it is more than all before. */
const againMs = 300_000;
/** Longer than what is absent is looked for: one that is still here then was not asked for again, and nobody knows. */
const mostLookedForMs = 240_000;

interface Delay {
  readonly id: string;
  readonly since: string;
  readonly count: number;
  /** Of them, how many are given up for good though they may be calls. */
  readonly lost: number;
  /** Revision of its stream's next event. */
  readonly next: number;
  /** The newest notice that is on record, for a process that did not put it there. */
  readonly to: string;
  /** When something was last put on record, by the monotonic clock. */
  readonly at: number;
}

export function createDelays(deps: DelaysDeps): Delays {
  const { clock, list, unverifiedAfterMs } = deps;
  /** Those that are on record and did not end; there is more than one only after a process was displaced. The last one is added to. */
  const open = new Map<string, Delay>();
  let listed = new WeakSet<RecordedEvent>();
  /** When each loss was put on record, by the monotonic clock. */
  const said = new Map<string, number>();

  const current = () => [...open.values()].at(-1);

  /** How long one may wait, milliseconds. People delete what they wrote all day: that Graph says there is no such message must not raise an alarm. */
  function patienceOf({ source, absent }: Fetch): number {
    const isLookedFor = absent === true && !deps.isAway(source.kind);
    return isLookedFor ? Math.max(mostLookedForMs, unverifiedAfterMs) : unverifiedAfterMs;
  }

  /** Waited too long in our hands; or since the hub got it, if it was tried. */
  function waitsTooLong(fetch: Fetch): boolean {
    const { event, source, attempts, knownAt, lost } = fetch;
    if (isRaised(event)) return false;
    const patienceMs = patienceOf(fetch);
    if (lost === true || clock.monotonic() - knownAt >= patienceMs) return true;
    return (attempts > 0 || deps.isAway(source.kind)) && clock.now() - Date.parse(enqueuedAt(event)) >= patienceMs;
  }

  /** When a loss has to be put on record, by the monotonic clock: again where it is not found there. */
  const sayAt = ({ id }: Loss) => (said.get(id) ?? -againMs) + againMs;

  /** False when the signal came first. Refused by the revision, a process that was displaced wrote it: it is on record, and that is what counts. */
  async function append(
    { id, next }: Delay,
    event: FetchEvent,
    cause: string,
    signal: AbortSignal,
    ours: readonly string[] = [],
  ): Promise<boolean> {
    const stream = `${fetchStreams}${id}`;
    const write = (data: JsonObject) =>
      appendSurely(deps, signal, stream, next === 0 ? 'no-stream' : next - 1, [
        {
          id: uuid5(namespace, `${stream}|${next}|${event.type}`),
          ...{ type: event.type, data, metadata: deps.metadata(cause, id) },
        },
      ]);
    const result = await write({ ...event.data });
    if (result?.ok !== false || (result.reason !== 'invalid' && result.reason !== 'too-large'))
      return result !== undefined;
    // The names of the notices come from outside, and the alarm must not fail of them: without them it only links to no call that is fetched late.
    return (await write({ ...event.data, ...('notices' in event.data ? { notices: ours } : {}) })) !== undefined;
  }

  async function record(fresh: readonly Fetch[], losses: readonly Loss[], signal: AbortSignal): Promise<boolean> {
    const cause = fresh[0]?.event.id ?? losses[0]?.cause;
    if (cause === undefined) return false;
    const unlisted = fresh.filter(({ event }) => !listed.has(event));
    const gone = fresh.filter(({ lost }) => lost === true);
    const times = fresh.map(({ event }) => enqueuedAt(event)).sort();
    const [since = new Date(clock.now()).toISOString()] = [...times, ...losses.map((each) => each.since)].sort();
    const before: Delay = current() ?? {
      ...{ id: delayIdOf(cause), since, count: 0, lost: 0 },
      ...{ next: 0, to: '', at: clock.monotonic() },
    };
    const unread = losses.reduce((total, each) => total + each.count, 0);
    const lost = before.lost + gone.length + unread;
    const count = Math.max(before.count + unlisted.length + unread, lost);
    const ours = losses.map(({ id }) => id);
    const notices = [...ours, ...unlisted.map(({ event }) => cloudEventIdOf(event))].slice(0, mostDelayedIds);
    const at = new Date(clock.now()).toISOString();
    const data = { at, since: before.since, count, notices, ...(lost === 0 ? {} : { lost }) };
    if (!(await append(before, { type: 'FetchDelayed', data }, cause, signal, ours))) return false;
    for (const id of ours) said.set(id, clock.monotonic());
    for (const { event } of fresh) listed.add(event);
    // Only now: until it is on record it is in the memo, and whoever takes over comes to know of it.
    for (const { event } of gone) list.settle(event.id, 'given-up');
    const to = [before.to, ...times].sort().at(-1) ?? before.to;
    open.set(before.id, { ...before, count, lost, next: before.next + 1, to, at: clock.monotonic() });
    return true;
  }

  async function end(signal: AbortSignal): Promise<boolean> {
    let isChanged = false;
    for (const delay of [...open.values()]) {
      // One thing after another may be lost for the same reason: that is one alarm, not one for each.
      if (delay.lost > 0 && clock.monotonic() - delay.at < againMs) continue;
      const data = { at: new Date(clock.now()).toISOString(), since: delay.since };
      if (!(await append(delay, { type: 'FetchResumed', data }, delay.id, signal))) break;
      open.delete(delay.id);
      isChanged = true;
    }
    return isChanged;
  }

  return {
    async check(signal) {
      const late = [...list.all()].filter(waitsTooLong);
      const losses = deps.losses().filter((each) => sayAt(each) <= clock.monotonic());
      if (late.length + losses.length === 0) return deps.isAway('message') || deps.isAway('blob') ? false : end(signal);
      const delay = current();
      const fresh = late.filter(({ event, lost }) => lost === true || !listed.has(event));
      const news = fresh.length + losses.length;
      const isTime = delay === undefined || news >= delay.count || clock.monotonic() - delay.at >= againMs;
      return isTime && news > 0 ? record(fresh, losses, signal) : false;
    },
    take({ stream, revision, type, data }) {
      if (!stream.startsWith(fetchStreams)) return;
      const id = stream.slice(fetchStreams.length);
      if (type === 'FetchResumed') open.delete(id);
      const { since, count, notices, lost } = data;
      if (type !== 'FetchDelayed' || typeof since !== 'string' || typeof count !== 'number') return;
      const known = open.get(id);
      if (known !== undefined && known.next > revision) return;
      const rest = { to: known?.to ?? '', lost: numberOf(lost) };
      open.set(id, { id, since, count, ...rest, next: revision + 1, at: clock.monotonic() });
      const ids = new Set<Json>(Array.isArray(notices) ? notices : []);
      for (const { event } of list.all()) if (ids.has(cloudEventIdOf(event))) listed.add(event);
    },
    dueIn() {
      const late = [...list.all()]
        .filter(({ event, lost }) => lost === true || !(listed.has(event) || isRaised(event)))
        .map((fetch) => (fetch.lost === true ? fetch.knownAt : fetch.knownAt + patienceOf(fetch)))
        .concat(deps.losses().map(sayAt))
        .sort((a, b) => a - b);
      const [first] = late;
      if (first === undefined) return undefined;
      const delay = current();
      const many = late[(delay?.count ?? 1) - 1] ?? Number.POSITIVE_INFINITY;
      const due = delay === undefined ? first : Math.min(many, Math.max(first, delay.at + againMs));
      return Math.max(0, Math.ceil(due - clock.monotonic()));
    },
    health() {
      const delay = current();
      return delay === undefined ? {} : { delayed: { since: delay.since, count: delay.count } };
    },
    memo: () => {
      const delayed = [...open.values()].map(({ at: _, lost, ...kept }) => ({
        ...kept,
        ...(lost === 0 ? {} : { lost }),
      }));
      return delayed.length === 0 ? {} : { delayed };
    },
    restore({ delayed }) {
      listed = new WeakSet();
      said.clear();
      open.clear();
      for (const each of Array.isArray(delayed) ? delayed : []) {
        if (!isJsonObject(each)) continue;
        const { id, since, count, next, to, lost } = each;
        if (
          typeof id !== 'string' ||
          typeof since !== 'string' ||
          typeof count !== 'number' ||
          typeof next !== 'number'
        )
          continue;
        const upTo = typeof to === 'string' ? to : '';
        open.set(id, { id, since, count, lost: numberOf(lost), next, to: upTo, at: clock.monotonic() });
        for (const { event } of list.all()) if (enqueuedAt(event) <= upTo) listed.add(event);
      }
    },
  };
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
