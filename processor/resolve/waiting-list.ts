import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

/** What has to be fetched, and what nobody can fetch yet. */
export interface WaitingList {
  /** A referred notice: to be fetched when it names a blob, else to wait for Graph. True when it is to be fetched. */
  add(event: RecordedEvent, blobId: string | undefined): boolean;
  /** What of it is due now, at most this many. */
  due(most: number): readonly Fetch[];
  /** Milliseconds until something is due; undefined when nothing will be. */
  dueIn(): number | undefined;
  postpone(eventId: string): void;
  settle(eventId: string, how: 'published' | 'given-up'): void;
  /** A recovered notice is in the log, by the id of its CloudEvent. */
  recovered(cloudEventId: unknown): void;
  pending(): number;
  health(): WaitingHealth;
  /** What the next process has to know. */
  memo(): JsonObject;
  /** Starts with what an earlier process left; returns where the notices are that it had not fetched. */
  restore(memo: JsonObject): readonly { readonly stream: string; readonly revision: number }[];
}

export interface Fetch {
  readonly event: RecordedEvent;
  readonly blobId: string;
}

export interface WaitingHealth {
  /** Notices whose payload is being fetched from Blob storage. */
  readonly pending: number;
  readonly oldestPendingAt?: string;
  /** Notices whose content can only be had from Graph. */
  readonly waiting: number;
  readonly oldestWaitingAt?: string;
  /** Notices whose payload is not to be had, since the log began. */
  readonly givenUp: number;
}

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

export function createWaitingList(clock: Pick<Clock, 'monotonic'>): WaitingList {
  const fetches = new Map<string, Fetch & { attempts: number; dueAt: number }>();
  /** Those that this process saw, by the id of their CloudEvent. */
  const seen = new Set<string>();
  let waiting = 0;
  let oldestWaitingAt: string | undefined;
  let givenUp = 0;

  const oldestPendingAt = () => [...fetches.values()].map(({ event }) => enqueuedAt(event)).sort()[0];

  return {
    add(event, blobId) {
      if (blobId !== undefined) {
        if (!fetches.has(event.id)) fetches.set(event.id, { event, blobId, attempts: 0, dueAt: clock.monotonic() });
        return true;
      }
      const id = String(event.data['id'] ?? event.id);
      if (seen.has(id)) return false;
      seen.add(id);
      waiting++;
      oldestWaitingAt ??= enqueuedAt(event);
      return false;
    },
    due(most) {
      const now = clock.monotonic();
      return [...fetches.values()].filter(({ dueAt }) => dueAt <= now).slice(0, most);
    },
    dueIn() {
      const first = Math.min(...[...fetches.values()].map(({ dueAt }) => dueAt));
      return Number.isFinite(first) ? Math.max(0, Math.ceil(first - clock.monotonic())) : undefined;
    },
    postpone(eventId) {
      const fetch = fetches.get(eventId);
      if (fetch === undefined) return;
      fetch.dueAt = clock.monotonic() + Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(fetch.attempts, 10));
      fetch.attempts++;
    },
    settle(eventId, how) {
      if (fetches.delete(eventId) && how === 'given-up') givenUp++;
    },
    recovered(cloudEventId) {
      if (typeof cloudEventId !== 'string' || !seen.delete(cloudEventId)) return;
      waiting = Math.max(0, waiting - 1);
      if (waiting === 0) oldestWaitingAt = undefined;
    },
    pending: () => fetches.size,
    health() {
      const oldest = oldestPendingAt();
      return {
        ...{ pending: fetches.size, waiting, givenUp },
        ...(oldest === undefined ? {} : { oldestPendingAt: oldest }),
        ...(oldestWaitingAt === undefined ? {} : { oldestWaitingAt }),
      };
    },
    memo: () => ({
      pending: [...fetches.values()].map(({ event: { stream, revision } }) => ({ stream, revision })),
      ...{ waiting, givenUp },
      ...(oldestWaitingAt === undefined ? {} : { oldestWaitingAt }),
    }),
    restore(memo) {
      fetches.clear();
      seen.clear();
      waiting = count(memo['waiting']);
      givenUp = count(memo['givenUp']);
      oldestWaitingAt = typeof memo['oldestWaitingAt'] === 'string' ? memo['oldestWaitingAt'] : undefined;
      const { pending } = memo;
      return (Array.isArray(pending) ? pending : []).flatMap((each) => {
        if (!isJsonObject(each)) return [];
        const { stream, revision } = each;
        return typeof stream === 'string' && typeof revision === 'number' ? [{ stream, revision }] : [];
      });
    },
  };
}

function enqueuedAt({ metadata, created }: RecordedEvent): string {
  return typeof metadata['enqueuedAt'] === 'string' ? metadata['enqueuedAt'] : new Date(created).toISOString();
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
