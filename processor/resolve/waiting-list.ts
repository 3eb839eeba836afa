import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

/** Where what a notice refers to has to be fetched from: Blob storage, or Graph. */
export type Source = { readonly kind: 'blob'; readonly blobId: string } | { readonly kind: 'message' };
export type SourceKind = Source['kind'];

/** What has to be fetched. */
export interface WaitingList {
  /** A referred notice. */
  add(event: RecordedEvent, source: Source): void;
  /** What of it is due now and not under way, at most this many, what was absent last; it is under way from then on, until it is postponed or settled. */
  due(kind: SourceKind, most: number): readonly Fetch[];
  /** Milliseconds until something is due; undefined when nothing will be. */
  dueIn(kind: SourceKind): number | undefined;
  /** It failed. `later`: so long, growing; `when-there`: so, too, as it is absent; `when-back`: as soon as the whole service is tried again. */
  postpone(eventId: string, until: 'later' | 'when-there' | 'when-back'): void;
  settle(eventId: string, how: 'published' | 'given-up'): void;
  /** It is given up, but stays until somebody is told: settled then. */
  lose(eventId: string): void;
  /** A recovered notice is in the log, by the id of its CloudEvent. */
  recovered(cloudEventId: unknown): void;
  /** How many are still to be fetched. */
  pending(kind: SourceKind): number;
  /** How many of them were absent when they were last tried. */
  absent(kind: SourceKind): number;
  /** With those that are lost. */
  all(): Iterable<Fetch>;
  health(): WaitingHealth;
  /** What the next process has to know, and what was given up since this was last asked: whoever asks puts it on record. */
  takeMemo(): JsonObject;
  /** Starts with what an earlier process left; returns where the notices are that it had not fetched. */
  restore(memo: JsonObject): readonly Place[];
}

export interface Place {
  readonly stream: string;
  /** Ascending. */
  readonly revisions: readonly number[];
}

export interface Fetch {
  readonly event: RecordedEvent;
  readonly source: Source;
  readonly attempts: number;
  /** When this process came to know of it, by the monotonic clock. */
  readonly knownAt: number;
  /** Given up, and nobody was told yet. */
  readonly lost?: true;
  /** When it was last tried there was no such thing. */
  readonly absent?: boolean;
}

export interface WaitingHealth {
  /** Notices whose payload is being fetched from Blob storage. */
  readonly pending: number;
  readonly oldestPendingAt?: string;
  /** Notices whose content is being fetched from Graph. */
  readonly waiting: number;
  readonly oldestWaitingAt?: string;
  /** Notices whose content is not to be had, since the log began. */
  readonly givenUp: number;
}

interface Entry extends Fetch {
  attempts: number;
  dueAt: number;
  underWay: boolean;
  lost?: true;
  absent?: boolean;
}

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

export function createWaitingList(clock: Pick<Clock, 'monotonic'>): WaitingList {
  const lists = { blob: new Map<string, Entry>(), message: new Map<string, Entry>() };
  /** Of those that wait for Graph: the stored event by the id of its CloudEvent. */
  const byCloudEvent = new Map<string, string>();
  let givenUp = 0;
  let gone: RecordedEvent[] = [];

  const left = (kind: SourceKind) => [...lists[kind].values()].filter(({ lost }) => lost !== true);
  const lost = () => [...lists.blob.values(), ...lists.message.values()].filter((entry) => entry.lost === true).length;
  const oldest = (kind: SourceKind) =>
    left(kind)
      .map(({ event }) => enqueuedAt(event))
      .sort()[0];
  const find = (eventId: string) => lists.blob.get(eventId) ?? lists.message.get(eventId);

  function remove(eventId: string): boolean {
    const entry = find(eventId);
    if (entry === undefined) return false;
    const id = cloudEventIdOf(entry.event);
    if (byCloudEvent.get(id) === eventId) byCloudEvent.delete(id);
    return lists[entry.source.kind].delete(eventId);
  }

  return {
    add(event, source) {
      if (find(event.id) !== undefined) return;
      const now = clock.monotonic();
      const entry = { event, source, attempts: 0, knownAt: now, dueAt: now, underWay: false };
      lists[source.kind].set(event.id, entry);
      if (source.kind === 'message') byCloudEvent.set(cloudEventIdOf(event), event.id);
    },
    due(kind, most) {
      const now = clock.monotonic();
      const due: Entry[] = [];
      // What was absent was probably deleted: a call that was not looked for yet must not wait for that.
      for (const isAbsent of [false, true])
        for (const entry of lists[kind].values()) {
          if (due.length >= most) return due;
          if (entry.underWay || entry.lost === true || entry.dueAt > now || (entry.absent ?? false) !== isAbsent)
            continue;
          entry.underWay = true;
          due.push(entry);
        }
      return due;
    },
    dueIn(kind) {
      let first = Number.POSITIVE_INFINITY;
      for (const { dueAt, underWay, lost } of lists[kind].values())
        if (!underWay && lost !== true) first = Math.min(first, dueAt);
      return Number.isFinite(first) ? Math.max(0, Math.ceil(first - clock.monotonic())) : undefined;
    },
    postpone(eventId, until) {
      const entry = find(eventId);
      if (entry === undefined) return;
      entry.underWay = false;
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(entry.attempts, 10));
      entry.absent = until === 'when-there';
      if (until !== 'when-back') entry.dueAt = clock.monotonic() + delayMs;
      entry.attempts++;
    },
    settle(eventId, how) {
      const event = find(eventId)?.event;
      if (event === undefined) return;
      remove(event.id);
      if (how === 'published') return;
      givenUp++;
      gone.push(event);
    },
    lose(eventId) {
      const entry = find(eventId);
      if (entry === undefined) return;
      entry.underWay = false;
      entry.lost = true;
    },
    recovered(cloudEventId) {
      const eventId = typeof cloudEventId === 'string' ? byCloudEvent.get(cloudEventId) : undefined;
      if (eventId !== undefined) remove(eventId);
    },
    pending: (kind) => left(kind).length,
    absent: (kind) => left(kind).filter(({ absent }) => absent === true).length,
    *all() {
      yield* lists.blob.values();
      yield* lists.message.values();
    },
    health() {
      const [oldestPendingAt, oldestWaitingAt] = [oldest('blob'), oldest('message')];
      return {
        ...{ pending: left('blob').length, waiting: left('message').length, givenUp: givenUp + lost() },
        ...(oldestPendingAt === undefined ? {} : { oldestPendingAt }),
        ...(oldestWaitingAt === undefined ? {} : { oldestWaitingAt }),
      };
    },
    takeMemo() {
      const oldestWaitingAt = oldest('message');
      const messages = placesOf([...lists.message.values()].map(({ event }) => event));
      const wasGone = gone;
      gone = [];
      return {
        ...(wasGone.length === 0 ? {} : { gone: placesOf(wasGone) }),
        pending: [...lists.blob.values()].map(({ event: { stream, revision } }) => ({ stream, revision })),
        ...{ messages, waiting: lists.message.size, givenUp },
        ...(oldestWaitingAt === undefined ? {} : { oldestWaitingAt }),
      };
    },
    restore(memo) {
      for (const list of [lists.blob, lists.message, byCloudEvent]) list.clear();
      gone = [];
      givenUp = typeof memo['givenUp'] === 'number' && memo['givenUp'] > 0 ? memo['givenUp'] : 0;
      return placesIn(memo);
    },
  };
}

function placesOf(events: readonly RecordedEvent[]) {
  return [...Map.groupBy(events, ({ stream }) => stream)].map(([stream, each]) => ({
    stream,
    revisions: each.map(({ revision }) => revision),
  }));
}

function placesIn({ pending, messages }: JsonObject): readonly Place[] {
  const places = new Map<string, number[]>();
  const add = (stream: unknown, revisions: readonly unknown[]) => {
    if (typeof stream !== 'string') return;
    const known = places.get(stream) ?? [];
    places.set(stream, [...known, ...revisions.filter((each) => typeof each === 'number')]);
  };
  for (const each of Array.isArray(pending) ? pending : [])
    if (isJsonObject(each)) add(each['stream'], [each['revision']]);
  for (const each of Array.isArray(messages) ? messages : [])
    if (isJsonObject(each) && Array.isArray(each['revisions'])) add(each['stream'], each['revisions']);
  return [...places].map(([stream, revisions]) => ({
    stream,
    revisions: [...new Set(revisions)].sort((a, b) => a - b),
  }));
}

/** When the hub got a notice, ISO 8601 UTC. */
export function enqueuedAt({ metadata, created }: RecordedEvent): string {
  return typeof metadata['enqueuedAt'] === 'string' ? metadata['enqueuedAt'] : new Date(created).toISOString();
}

/** The id by which a notice and what was recovered for it belong together. */
export function cloudEventIdOf(event: RecordedEvent): string {
  return typeof event.data['id'] === 'string' ? event.data['id'] : event.id;
}

/** True for a notice that is an emergency already, whatever it referred to. */
export function isRaised({ data }: RecordedEvent): boolean {
  return isJsonObject(data['data']) && isJsonObject(data['data']['call']);
}
