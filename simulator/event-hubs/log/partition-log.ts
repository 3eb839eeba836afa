import { encodeStamped, type PreparedEvent, type Stamp } from '../amqp/event-message.ts';
import type { StartPosition } from '../start-position.ts';
import { createRemovals } from './removals.ts';
import { emptySegment, messageAt, offsetAt, putRecord, type Segment, truncate } from './segment.ts';
import type { ImageCache, SegmentStore } from './segment-files.ts';
import { estimate, firstEventWhere, segmentHolding } from './segments.ts';

const segmentBytes = 2 * 1024 * 1024;

/** The events of one partition, in order, as far back as retention keeps them. */
export interface PartitionLog {
  readonly id: string;
  /**
   * Resolves once the events would survive a power cut. Consumers get them as soon as they would survive the end of the process: a disk that is busy with other
   * things holds up who publishes, not who waits for a call. When it rejects, none of the events is stored, or nobody knows. After a power cut the partition may
   * end before what somebody has read and nobody was told to be stored, as one of a restored namespace does.
   */
  append(events: readonly PreparedEvent[]): Promise<void>;
  /**
   * Encoded events from a sequence number on; none when there are none yet. A promise when they must first be read
   * back from disk: ask again once it resolved.
   */
  read(from: number, maxCount: number, maxBytes: number): readonly Buffer[] | Promise<void>;
  /** The sequence number to begin at, or why the position is none. */
  locate(position: StartPosition): { readonly next: number } | { readonly beyond: string };
  /** Applies retention and tells where the partition begins and ends. */
  ends(): PartitionEnds;
  /** Calls back after each append; returns the undo. */
  onAppend(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface PartitionEnds {
  /** Sequence number of the first retained event; equals `next` when there is none. */
  readonly first: number;
  /** Sequence number that the next event will get. */
  readonly next: number;
  /** The last event ever enqueued, retained or not. */
  readonly last: Stamp | undefined;
  /** Size of what is retained. */
  readonly bytes: number;
}

/** How long and how much a partition keeps. */
export interface Retention {
  readonly maxAgeMs?: number;
  /** Per partition. */
  readonly maxBytes?: number;
}

export interface PartitionLogDeps {
  readonly id: string;
  readonly store: SegmentStore;
  readonly cache: ImageCache;
  readonly retention: Retention;
  readonly now: () => number;
  readonly log?: (line: string) => void;
}

interface PendingAppend {
  readonly events: readonly PreparedEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a partition with whatever its store holds. */
export async function openPartitionLog(deps: PartitionLogDeps): Promise<PartitionLog> {
  const { store, cache, retention, now } = deps;
  const segments = await store.load();
  const listeners = new Set<() => void>();
  const pending: PendingAppend[] = [];
  let committing: Promise<void> | undefined;
  /** Appends that consumers see already. */
  const written: PendingAppend[] = [];
  let syncing: Promise<void> | undefined;
  const removals = createRemovals(
    (segment) => store.drop(segment),
    (problem) => deps.log?.(`partition ${deps.id} keeps files longer than it should, and tries again: ${problem}`),
  );
  if (segments.length === 0) {
    segments.push(emptySegment(0, 0));
    await store.begin(active());
  }
  let first = segments[0]?.base ?? 0;
  let visible = active().base + active().positions.length;
  let last = lastStamp();

  function active(): Segment {
    const segment = segments.at(-1);
    if (segment === undefined) throw new Error('a partition without segments');
    return segment;
  }

  function lastStamp(): Stamp | undefined {
    const segment = segments.findLast((candidate) => candidate.positions.length > 0);
    if (segment === undefined) return undefined;
    const index = segment.positions.length - 1;
    return {
      sequenceNumber: segment.base + index,
      offset: offsetAt(segment, index),
      enqueuedAt: segment.times[index] ?? 0,
    };
  }

  const segmentOf = (sequenceNumber: number) => segmentHolding(segments, sequenceNumber);
  const firstWhere = (holds: (segment: Segment, index: number) => boolean) =>
    firstEventWhere(segments, first, visible, holds);

  function endOffset(): number {
    const segment = segmentOf(visible);
    return offsetAt(segment, visible - segment.base);
  }

  function offsetOf(sequenceNumber: number): number {
    const segment = segmentOf(sequenceNumber);
    return offsetAt(segment, sequenceNumber - segment.base);
  }

  function trim(): void {
    const { maxAgeMs, maxBytes } = retention;
    if (maxAgeMs !== undefined) {
      const limit = now() - maxAgeMs;
      first = firstWhere((segment, index) => (segment.times[index] ?? 0) >= limit);
    }
    if (maxBytes !== undefined) {
      const limit = endOffset() - maxBytes;
      first = firstWhere((segment, index) => offsetAt(segment, index) >= limit);
    }
    // The last segment stays: it knows which sequence number comes next.
    const passed: Segment[] = [];
    while (segments.length > 1 && (segments[1]?.base ?? Number.POSITIVE_INFINITY) <= first) {
      const dropped = segments.shift();
      if (dropped === undefined) break;
      dropped.image = undefined;
      passed.push(dropped);
    }
    removals.add(passed);
  }

  /** Writes what waits, as many appends at once as fit, and makes them visible. */
  async function commitPending(): Promise<void> {
    while (pending.length > 0) {
      const head = pending[0];
      if (head === undefined) break;
      if (active().size > 0 && active().size + estimate(head.events) > segmentBytes) {
        const sealed = active();
        const next = emptySegment(
          sealed.base + sealed.positions.length,
          sealed.startOffset + sealed.size,
          // A partition that filled one segment will fill the next: no growing by copies.
          segmentBytes,
        );
        await syncing;
        await store.begin(next);
        segments.push(next);
        if (sealed.image !== undefined) seal(sealed);
      }
      await commitGroup(active());
    }
  }

  function seal(segment: Segment): void {
    const { image, size } = segment;
    // Growing by doubling leaves up to half of the image unused.
    if (image !== undefined && size < image.length * 0.9) segment.image = Buffer.from(image.subarray(0, size));
    cache.touch(segment);
  }

  async function commitGroup(segment: Segment): Promise<void> {
    const from = segment.size;
    const count = segment.positions.length;
    const group: PendingAppend[] = [];
    const enqueuedAt = Math.max(last?.enqueuedAt ?? 0, Math.floor(now()));
    for (;;) {
      const item = pending[0];
      if (item === undefined || (group.length > 0 && segment.size + estimate(item.events) > segmentBytes)) break;
      pending.shift();
      group.push(item);
      item.events.forEach((event, index) => {
        const stamp = {
          sequenceNumber: segment.base + segment.positions.length,
          offset: segment.startOffset + segment.size,
          enqueuedAt,
        };
        putRecord(segment, encodeStamped(event, stamp), enqueuedAt, index === item.events.length - 1);
      });
    }
    try {
      await store.write(segment, from);
    } catch (error) {
      truncate(segment, count);
      for (const item of group) item.reject(error);
      return;
    }
    visible = segment.base + segment.positions.length;
    last = lastStamp();
    trim();
    for (const listener of listeners) listener();
    written.push(...group);
    syncing ??= syncWritten();
  }

  /** Acknowledges what is durable; what is written meanwhile has its turn next. */
  async function syncWritten(): Promise<void> {
    while (written.length > 0) {
      const group = written.splice(0);
      const outcome = await store.sync().then(
        () => ({ ok: true }) as const,
        (error: unknown) => ({ ok: false, error }) as const,
      );
      for (const item of group) outcome.ok ? item.resolve() : item.reject(outcome.error);
    }
    syncing = undefined;
  }

  function startCommit(): void {
    committing ??= commitPending()
      .catch((error) => {
        for (const item of pending.splice(0)) item.reject(error);
      })
      .finally(() => {
        committing = undefined;
        if (pending.length > 0) startCommit();
      });
  }

  return {
    id: deps.id,
    append: (events) =>
      new Promise((resolve, reject) => {
        pending.push({ events, resolve, reject });
        startCommit();
      }),
    read: (from, maxCount, maxBytes) => {
      if (from >= visible) return [];
      const segment = segmentOf(from);
      const image = segment.image;
      if (image === undefined) {
        segment.loading ??= store.fetch(segment).finally(() => {
          segment.loading = undefined;
        });
        return segment.loading;
      }
      if (segment !== active()) cache.touch(segment);
      const messages: Buffer[] = [];
      const end = Math.min(visible - segment.base, segment.positions.length, from - segment.base + maxCount);
      let bytes = 0;
      for (let index = from - segment.base; index < end && bytes < maxBytes; index++) {
        const message = messageAt(segment, image, index);
        bytes += message.length;
        messages.push(message);
      }
      return messages;
    },
    locate: (position) => {
      trim();
      if (position.by === 'earliest') return { next: first };
      if (position.by === 'latest') return { next: visible };
      if (position.by === 'enqueued-time') {
        return { next: firstWhere((segment, index) => (segment.times[index] ?? 0) > position.value) };
      }
      const end = position.by === 'offset' ? (last?.offset ?? -1) : (last?.sequenceNumber ?? -1);
      if (position.value > end) return { beyond: String(end) };
      const from = position.by === 'offset' ? byOffset(position.value, position.inclusive) : bySequence(position);
      return { next: Math.max(from, first) };
    },
    ends: () => {
      trim();
      return { first, next: visible, last, bytes: endOffset() - offsetOf(first) };
    },
    onAppend: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      await committing;
      await syncing;
      await removals.settled();
      await store.close();
    },
  };

  function bySequence(position: { readonly value: number; readonly inclusive: boolean }): number {
    return position.inclusive ? position.value : position.value + 1;
  }

  function byOffset(value: number, inclusive: boolean): number {
    return firstWhere((segment, index) => {
      const offset = offsetAt(segment, index);
      return inclusive ? offset >= value : offset > value;
    });
  }
}
