import { streamPrefixes } from '#domain/names.ts';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  RecordedEvent,
  SubscribeOptions,
} from '#ports/event-log.ts';
import { followInMemory } from '#test/support/follow-in-memory.ts';

export interface YearLog extends EventLog {
  /** What happens to every append instead, where something does. */
  fault: () => AppendResult | undefined;
  /** All that is kept, in its order. */
  kept(): readonly RecordedEvent[];
  stream(name: string): readonly RecordedEvent[];
  /** The last event of a stream. */
  last(stream: string): RecordedEvent | undefined;
  /** Position of the last event of `inbox-*`, and of the last notice there that Graph sent of a subscription. */
  lastNotice(): string;
  lastLifecycle(): string;
  /** How many were ever written. */
  written(): number;
  /** Events in which something stands that must not, and where. */
  readonly leaks: readonly string[];
}

/**
 * An event log in memory for a year: of the proofs that a feed was watched, one a minute for each policy, only the last ones are kept, as retention does in a real one.
 * @param forbidden what no event may hold
 */
export function createYearLog(now: () => number, forbidden: RegExp): YearLog {
  /** By position; those that were dropped are empty. */
  const events: (RecordedEvent | undefined)[] = [];
  const streams = new Map<string, (RecordedEvent | undefined)[]>();
  const lastProofs = new Map<string, RecordedEvent>();
  const leaks: string[] = [];
  let lastNotice = '';
  let lastLifecycle = '';
  let wake = Promise.withResolvers<void>();
  const positionOf = (index: number) => String(index).padStart(20, '0');

  function keep(event: RecordedEvent): void {
    const stored = streams.get(event.stream) ?? [];
    streams.set(event.stream, stored);
    stored.push(event);
    events.push(event);
    if (event.stream.startsWith(streamPrefixes.inbox)) {
      lastNotice = event.position;
      if (event.type.startsWith('Microsoft.Graph.Subscription')) lastLifecycle = event.position;
    }
    if (event.type !== 'WatchProved') return;
    const of = `${event.stream}|${String(event.data['policy'])}`;
    const before = lastProofs.get(of);
    lastProofs.set(of, event);
    if (before === undefined) return;
    events[Number(before.position) - 1] = undefined;
    stored[before.revision] = undefined;
  }

  function write(stream: string, expected: ExpectedRevision, list: readonly NewEvent[]): AppendResult {
    const stored = streams.get(stream) ?? [];
    const next = expected === 'no-stream' ? 0 : expected + 1;
    if (next !== stored.length) {
      const repeated = list.length > 0 && list.every((event, i) => stored[next + i]?.id === event.id);
      if (repeated) return { ok: true, revision: next + list.length - 1, position: stored[next]?.position };
      const actual = stored.length === 0 ? 'no-stream' : stored.length - 1;
      return { ok: false, reason: 'wrong-expected-revision', actual };
    }
    for (const { id, type, data, metadata } of list) {
      const json = JSON.stringify({ data, metadata });
      // Sealed values are random letters: of a year there are so many that a short word occurs in them by chance.
      const readable = json.replaceAll(/"box":"[\w-]*"/g, '"box":""');
      const found = readable.search(forbidden);
      if (found >= 0) leaks.push(`${stream} ${type}: ${readable.slice(Math.max(0, found - 40), found + 40)}`);
      const revision = (streams.get(stream) ?? []).length;
      keep({
        ...{ ...(JSON.parse(json) as Pick<RecordedEvent, 'data' | 'metadata'>), id, type, stream, revision },
        ...{ position: positionOf(events.length + 1), created: now() },
      });
    }
    const sleeping = wake;
    wake = Promise.withResolvers();
    sleeping.resolve();
    return { ok: true, revision: next + list.length - 1, position: positionOf(events.length) };
  }

  const subscribe = (options: SubscribeOptions) => followInMemory(events, () => wake.promise, options);

  /** Those that are kept of a list, from an index on, backwards or forwards. */
  function page(
    stored: readonly (RecordedEvent | undefined)[],
    from: number,
    by: 1 | -1,
    limit: number,
  ): RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (let index = from; index >= 0 && index < stored.length && found.length < limit; index += by) {
      const event = stored[index];
      if (event !== undefined) found.push(event);
    }
    return found;
  }

  const away = { ok: false, reason: 'unavailable', detail: 'not in memory' } as const;
  const log: YearLog = {
    ...{ leaks, fault: () => undefined, lastNotice: () => lastNotice, lastLifecycle: () => lastLifecycle },
    kept: () => events.filter((event) => event !== undefined),
    stream: (name) => (streams.get(name) ?? []).filter((event) => event !== undefined),
    last: (stream) => streams.get(stream)?.at(-1),
    written: () => events.length,
    async append(stream, expected, list) {
      await Promise.resolve();
      return log.fault() ?? write(stream, expected, list);
    },
    async readStream(stream, { direction, from, limit }) {
      const stored = streams.get(stream);
      if (stored === undefined) return { ok: false, reason: 'stream-not-found' };
      const start = from ?? (direction === 'forwards' ? 0 : stored.length - 1);
      return { ok: true, events: page(stored, start, direction === 'forwards' ? 1 : -1, limit) };
    },
    async readAll({ direction, after, limit }) {
      const start = direction === 'forwards' ? Number(after ?? 0) : Number(after ?? events.length + 1) - 2;
      return { ok: true, events: page(events, start, direction === 'forwards' ? 1 : -1, limit) };
    },
    subscribe,
    readStreamMetadata: async () => ({ ok: true, metadata: {}, revision: 'no-stream' }),
    ...{ writeStreamMetadata: async () => away, deleteStream: async () => away, tombstoneStream: async () => away },
    close: async () => undefined,
  };
  return log;
}
