import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#kernel/json.ts';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  LogPosition,
  NewEvent,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionItem,
} from '#ports/event-log.ts';

/** An event log under test; `dispose` closes it and removes what it left behind. */
export interface EventLogUnderTest {
  readonly log: EventLog;
  readonly dispose: () => Promise<void>;
}

export type EventLogFactory = () => Promise<EventLogUnderTest>;

export interface Suite {
  readonly test: (title: string, body: (log: EventLog) => Promise<void>) => void;
  /** For tests that end the log which they use. */
  readonly factory: EventLogFactory;
}

/** A stream name that nobody used before. */
export function freshName(hint: string): string {
  return `contract-${randomUUID()}-${hint}`;
}

export function newEvent(data: JsonObject = {}, type = 'Tested'): NewEvent {
  return { id: randomUUID(), type, data, metadata: { $correlationId: randomUUID() } };
}

export function newEvents(count: number, type?: string): NewEvent[] {
  return Array.from({ length: count }, (_, n) => newEvent({ n }, type));
}

/** Appends where the test needs it to succeed. */
export async function write(
  log: EventLog,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Extract<AppendResult, { ok: true }>> {
  const result = await log.append(stream, expected, events);
  if (!result.ok) throw new Error(`append to ${stream}: ${JSON.stringify(result)}`);
  return result;
}

/** Position of an event that was written just now: everything that the test writes comes after it. */
export async function mark(log: EventLog): Promise<LogPosition> {
  const { position } = await write(log, freshName('mark'), 'no-stream', [newEvent({}, 'Marked')]);
  if (position === undefined) throw new Error('the append has no position');
  return position;
}

/** A whole stream in pages, forwards. */
export async function readWhole(log: EventLog, stream: string, pageSize = 100): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let from = 0; ; from = (events.at(-1)?.revision ?? 0) + 1) {
    const page = await log.readStream(stream, { direction: 'forwards', from, limit: pageSize });
    if (!page.ok) throw new Error(`read of ${stream}: ${page.reason}`);
    events.push(...page.events);
    if (page.events.length < pageSize) return events;
  }
}

/** Everything after a position in pages; others may be writing, so the caller picks what is its own. */
export async function readAfter(log: EventLog, after: LogPosition, pageSize = 100): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let from = after; ; from = events.at(-1)?.position ?? after) {
    const page = await log.readAll({ direction: 'forwards', after: from, limit: pageSize });
    if (!page.ok) throw new Error(`read of the log: ${page.reason}`);
    events.push(...page.events);
    if (page.events.length < pageSize) return events;
  }
}

export function ids(events: readonly { readonly id: string }[]): string[] {
  return events.map((event) => event.id);
}

/** What a subscription handed out so far. */
export interface Seen {
  readonly items: SubscriptionItem[];
  readonly events: RecordedEvent[];
  readonly caughtUp: boolean;
}

/**
 * Consumes a subscription until `enough` says so, then aborts it and waits for its end. Gives up after 20 s, so that what was seen is shown
 * by the assertion that fails.
 */
export async function follow(
  log: EventLog,
  options: Omit<SubscribeOptions, 'signal'>,
  enough: (seen: Seen) => boolean | Promise<boolean>,
): Promise<Seen> {
  const stop = new AbortController();
  const seen = { items: [] as SubscriptionItem[], events: [] as RecordedEvent[], caughtUp: false };
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]);
  for await (const item of log.subscribe({ ...options, signal })) {
    seen.items.push(item);
    if (item.kind === 'events') seen.events.push(...item.events);
    if (item.kind === 'caught-up') seen.caughtUp = true;
    if (await enough(seen)) stop.abort();
  }
  return seen;
}
