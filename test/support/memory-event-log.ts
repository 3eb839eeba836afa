import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  RecordedEvent,
  SubscribeOptions,
} from '#ports/event-log.ts';
import { followInMemory } from '#test/support/follow-in-memory.ts';

export interface MemoryEventLog extends EventLog {
  readonly events: readonly RecordedEvent[];
  /** Asked before every append: what it returns is the outcome; `lost-answer` writes and then says that nobody knows. */
  faults: ((stream: string, events: readonly NewEvent[]) => AppendResult | 'lost-answer' | undefined) | undefined;
  /** Streams as lists, for looking into. */
  stream(name: string): readonly RecordedEvent[];
  /** Alters what is stored, as a forger would. */
  alter(position: string, change: (event: RecordedEvent) => RecordedEvent): void;
}

/** An event log in memory, for tests that need thousands of them or want to break one. */
export function createMemoryEventLog(now: () => number = () => Date.now()): MemoryEventLog {
  const events: RecordedEvent[] = [];
  const streams = new Map<string, RecordedEvent[]>();
  let wake = Promise.withResolvers<void>();

  function write(stream: string, expected: ExpectedRevision, list: readonly NewEvent[]): AppendResult {
    const stored = streams.get(stream) ?? [];
    const next = expected === 'no-stream' ? 0 : expected + 1;
    if (next !== stored.length) {
      const repeated = list.length > 0 && list.every((event, i) => stored[next + i]?.id === event.id);
      if (!repeated)
        return {
          ok: false,
          reason: 'wrong-expected-revision',
          actual: stored.length === 0 ? 'no-stream' : stored.length - 1,
        };
      const last = stored[next + list.length - 1];
      return { ok: true, revision: last?.revision ?? -1, position: last?.position };
    }
    for (const event of list) {
      const copy = JSON.parse(JSON.stringify(event)) as NewEvent;
      const recorded = {
        ...copy,
        stream,
        revision: stored.length,
        position: String(events.length + 1).padStart(20, '0'),
        created: now(),
      };
      stored.push(recorded);
      events.push(recorded);
    }
    streams.set(stream, stored);
    const sleeping = wake;
    wake = Promise.withResolvers();
    sleeping.resolve();
    return { ok: true, revision: stored.length - 1, position: stored.at(-1)?.position };
  }

  const subscribe = (options: SubscribeOptions) => followInMemory(events, () => wake.promise, options);

  const log: MemoryEventLog = {
    events,
    faults: undefined,
    stream: (name) => streams.get(name) ?? [],
    alter(position, change) {
      const index = events.findIndex((event) => event.position === position);
      const old = events[index];
      if (old === undefined) throw new Error(`no event at ${position}`);
      const altered = change(old);
      events[index] = altered;
      const stored = streams.get(old.stream) ?? [];
      stored[old.revision] = altered;
    },
    async append(stream, expected, list) {
      await Promise.resolve();
      const fault = log.faults?.(stream, list);
      if (fault === 'lost-answer') {
        write(stream, expected, list);
        return { ok: false, reason: 'unknown-outcome', detail: 'the answer was lost' };
      }
      return fault ?? write(stream, expected, list);
    },
    async readStream(stream, { direction, from, limit }) {
      const stored = streams.get(stream);
      if (stored === undefined) return { ok: false, reason: 'stream-not-found' };
      if (direction === 'forwards') return { ok: true, events: stored.slice(from ?? 0, (from ?? 0) + limit) };
      const start = from ?? stored.length - 1;
      return { ok: true, events: stored.slice(Math.max(0, start - limit + 1), start + 1).reverse() };
    },
    async readAll({ direction, after, limit }) {
      if (direction === 'forwards') {
        const first = after === undefined ? 0 : Number(after);
        return { ok: true, events: events.slice(first, first + limit) };
      }
      const end = after === undefined ? events.length : Number(after) - 1;
      return { ok: true, events: events.slice(Math.max(0, end - limit), end).reverse() };
    },
    subscribe,
    readStreamMetadata: async () => ({ ok: true, metadata: {}, revision: 'no-stream' }),
    writeStreamMetadata: async () => ({ ok: false, reason: 'unavailable', detail: 'not in memory' }),
    deleteStream: async () => ({ ok: false, reason: 'unavailable', detail: 'not in memory' }),
    tombstoneStream: async () => ({ ok: false, reason: 'unavailable', detail: 'not in memory' }),
    close: async () => undefined,
  };
  return log;
}
