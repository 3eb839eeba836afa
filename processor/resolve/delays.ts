import { delayIdOf, type FetchEvent, fetchStreams, mostDelayedIds } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { cloudEventIdOf, enqueuedAt, type Fetch, type WaitingList } from '#processor/resolve/waiting-list.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';

export interface DelaysDeps extends RetryDeps {
  readonly list: Pick<WaitingList, 'all'>;
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** Graph does not answer. */
  readonly isAway: () => boolean;
  readonly unverifiedAfterMs: number;
}

/** Puts on record that notices wait too long, so that triage can raise one alarm for all of them. */
export interface Delays {
  /** Looks, and appends what is new; true when that changed what the next process has to know. */
  check(signal: AbortSignal): Promise<boolean>;
  /** An event of any stream: what a process put on record that was displaced before its memo was is to be ended, too. */
  take(event: RecordedEvent): void;
  /** Milliseconds until a notice will have waited too long. */
  dueIn(): number | undefined;
  health(): { readonly delayed?: { readonly since: string; readonly count: number } };
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** What is new is put on record this often, and at once when it is more than all before. */
const againMs = 300_000;

interface Delay {
  readonly id: string;
  readonly since: string;
  readonly count: number;
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

  const current = () => [...open.values()].at(-1);

  /** Waited too long in our hands; or since the hub got it, if it was tried. */
  function waitsTooLong({ event, attempts, knownAt }: Fetch): boolean {
    if (clock.monotonic() - knownAt >= unverifiedAfterMs) return true;
    return (attempts > 0 || deps.isAway()) && clock.now() - Date.parse(enqueuedAt(event)) >= unverifiedAfterMs;
  }

  /** False when the signal came first. Refused by the revision, a process that was displaced wrote it: it is on record, and that is what counts. */
  async function append({ id, next }: Delay, event: FetchEvent, cause: string, signal: AbortSignal): Promise<boolean> {
    const stream = `${fetchStreams}${id}`;
    const result = await appendSurely(deps, signal, stream, next === 0 ? 'no-stream' : next - 1, [
      {
        id: uuid5(namespace, `${stream}|${next}|${event.type}`),
        ...{ type: event.type, data: { ...event.data }, metadata: deps.metadata(cause, id) },
      },
    ]);
    return result !== undefined;
  }

  async function record(fresh: readonly Fetch[], signal: AbortSignal): Promise<boolean> {
    const [first] = fresh;
    if (first === undefined) return false;
    const times = fresh.map(({ event }) => enqueuedAt(event)).sort();
    const before: Delay = current() ?? {
      ...{ id: delayIdOf(first.event.id), since: times[0] ?? enqueuedAt(first.event), count: 0, next: 0 },
      ...{ to: '', at: clock.monotonic() },
    };
    const count = before.count + fresh.length;
    const notices = fresh.slice(0, mostDelayedIds).map(({ event }) => cloudEventIdOf(event));
    const data = { at: new Date(clock.now()).toISOString(), since: before.since, count, notices };
    if (!(await append(before, { type: 'FetchDelayed', data }, first.event.id, signal))) return false;
    for (const { event } of fresh) listed.add(event);
    const to = [before.to, ...times].sort().at(-1) ?? before.to;
    open.set(before.id, { ...before, count, next: before.next + 1, to, at: clock.monotonic() });
    return true;
  }

  async function end(signal: AbortSignal): Promise<boolean> {
    let isChanged = false;
    for (const delay of [...open.values()]) {
      const data = { at: new Date(clock.now()).toISOString(), since: delay.since };
      if (!(await append(delay, { type: 'FetchResumed', data }, delay.id, signal))) break;
      open.delete(delay.id);
      isChanged = true;
    }
    return isChanged;
  }

  return {
    async check(signal) {
      const late = [...list.all('message')].filter(waitsTooLong);
      if (late.length === 0) return deps.isAway() ? false : end(signal);
      const delay = current();
      const fresh = late.filter(({ event }) => !listed.has(event));
      const isTime = delay === undefined || fresh.length >= delay.count || clock.monotonic() - delay.at >= againMs;
      return isTime && fresh.length > 0 ? record(fresh, signal) : false;
    },
    take({ stream, revision, type, data }) {
      if (!stream.startsWith(fetchStreams)) return;
      const id = stream.slice(fetchStreams.length);
      if (type === 'FetchResumed') open.delete(id);
      const { since, count, notices } = data;
      if (type !== 'FetchDelayed' || typeof since !== 'string' || typeof count !== 'number') return;
      const known = open.get(id);
      if (known !== undefined && known.next > revision) return;
      open.set(id, { id, since, count, next: revision + 1, to: known?.to ?? '', at: clock.monotonic() });
      const ids = new Set<Json>(Array.isArray(notices) ? notices : []);
      for (const { event } of list.all('message')) if (ids.has(cloudEventIdOf(event))) listed.add(event);
    },
    dueIn() {
      let first = Number.POSITIVE_INFINITY;
      for (const { event, knownAt } of list.all('message'))
        if (!listed.has(event)) first = Math.min(first, knownAt + unverifiedAfterMs);
      return Number.isFinite(first) ? Math.max(0, Math.ceil(first - clock.monotonic())) : undefined;
    },
    health() {
      const delay = current();
      return delay === undefined ? {} : { delayed: { since: delay.since, count: delay.count } };
    },
    memo: () => {
      const delayed = [...open.values()].map(({ id, since, count, next, to }) => ({ id, since, count, next, to }));
      return delayed.length === 0 ? {} : { delayed };
    },
    restore({ delayed }) {
      listed = new WeakSet();
      open.clear();
      for (const each of Array.isArray(delayed) ? delayed : []) {
        if (!isJsonObject(each)) continue;
        const { id, since, count, next, to } = each;
        if (
          typeof id !== 'string' ||
          typeof since !== 'string' ||
          typeof count !== 'number' ||
          typeof next !== 'number'
        )
          continue;
        const upTo = typeof to === 'string' ? to : '';
        open.set(id, { id, since, count, next, to: upTo, at: clock.monotonic() });
        for (const { event } of list.all('message')) if (enqueuedAt(event) <= upTo) listed.add(event);
      }
    },
  };
}
