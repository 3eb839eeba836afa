import { withDeadline } from '#adapters/sqlite/deadline.ts';
import type { LogEngine } from '#adapters/sqlite/engine.ts';
import { type PackedEvents, packJson, packTexts } from '#adapters/sqlite/packing.ts';
import { fromPosition, toPosition, toRecordedEvents } from '#adapters/sqlite/recorded-events.ts';
import { metadataStreamOf } from '#adapters/sqlite/retention.ts';
import { createSqliteEngine, type SqliteEngineOptions } from '#adapters/sqlite/sqlite-engine.ts';
import { subscribeTo } from '#adapters/sqlite/subscription.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { AppendResult, DeleteResult, EventLog, NewEvent, RecordedEvent } from '#ports/event-log.ts';

/** The event log in one SQLite file; `engine` is the same log without JSON, for the simulated EventStoreDB. */
export type SqliteEventLog = EventLog & { readonly engine: LogEngine };

const defaultTimeoutMs = 5_000;
const metadataNamespace = '3c0b2b0e-5d6e-5b7a-8f35-5d1f7a9c2e41';
const page = { window: 0, userEventsOnly: true, filter: undefined, maxBytes: Number.POSITIVE_INFINITY } as const;

/**
 * Opens the embedded event log. Several processes may open the same file. Positions are decimal strings of 20 digits. What is no JSON object
 * (written by somebody else through the simulated EventStoreDB) is handed out as `{ "$base64": … }`, empty payloads as `{}`.
 * @throws when the file cannot be opened, is something else, or was written by a newer version
 */
export async function createSqliteEventLog(options: SqliteEngineOptions): Promise<SqliteEventLog> {
  const engine = await createSqliteEngine(options);
  const { clock } = options;
  const closing = new AbortController();

  async function append(
    stream: string,
    expected: number | 'no-stream',
    events: readonly NewEvent[],
    timeoutMs: number,
  ): Promise<AppendResult> {
    const packed = pack(events);
    if ('reason' in packed) return packed;
    const outcome = await withDeadline(clock, timeoutMs, engine.appendPacked(stream, expected, packed));
    if (outcome === 'late') return late(timeoutMs);
    if (!outcome.ok) return outcome.reason === 'stream-deleted' ? streamDeleted(stream) : outcome;
    return { ...outcome, position: outcome.position === undefined ? undefined : toPosition(outcome.position) };
  }

  async function remove(
    how: LogEngine['softDelete'],
    stream: string,
    expected: number | 'no-stream',
  ): Promise<DeleteResult> {
    const outcome = await withDeadline(clock, defaultTimeoutMs, how(stream, expected));
    if (outcome === 'late') return late(defaultTimeoutMs);
    if (outcome.ok) return { ok: true };
    if (outcome.reason === 'stream-deleted') return streamDeleted(stream);
    if (outcome.reason === 'invalid') return { ok: false, reason: 'stream-not-found' };
    return outcome;
  }

  const log: EventLog = {
    append: (stream, expected, events, { timeoutMs = defaultTimeoutMs } = {}) =>
      append(stream, expected, events, timeoutMs),

    async readStream(stream, request) {
      const reply = await engine.readStreamPacked(stream, request);
      if ('ok' in reply) return reply;
      if (reply.kind === 'deleted') return streamDeleted(stream);
      return reply.kind === 'not-found'
        ? { ok: false, reason: 'stream-not-found' }
        : { ok: true, events: toRecordedEvents(reply.page) };
    },

    async readAll({ direction, after, limit }) {
      const step = direction === 'forwards' ? 1 : -1;
      const from = after === undefined ? undefined : fromPosition(after) + step;
      const reply = await engine.scan({ ...page, direction, from, limit });
      return reply.ok ? { ok: true, events: toRecordedEvents(reply.page) } : reply;
    },

    subscribe: (subscription) => subscribeTo(engine, clock, closing.signal, subscription),

    async readStreamMetadata(stream) {
      const name = metadataStreamOf(stream);
      const described = await engine.streamState(stream);
      if (!described.ok) return described;
      if (described.state.state === 'tombstoned') return streamDeleted(stream);
      const reply = await log.readStream(name, { direction: 'backwards', limit: 1 });
      if (!reply.ok && reply.reason !== 'stream-not-found') return reply;
      const last: RecordedEvent | undefined = reply.ok ? reply.events[0] : undefined;
      return { ok: true, metadata: last?.data ?? {}, revision: last?.revision ?? 'no-stream' };
    },

    writeStreamMetadata(stream, expected, metadata) {
      // The same id for the same intent, so that a repeat after an unknown outcome is recognised.
      const id = uuid5(metadataNamespace, `${stream}|${expected}|${JSON.stringify(metadata)}`);
      const event: NewEvent = { id, type: '$metadata', data: metadata, metadata: {} };
      return append(metadataStreamOf(stream), expected, [event], defaultTimeoutMs);
    },

    deleteStream: (stream, expected) => remove(engine.softDelete, stream, expected),
    tombstoneStream: (stream, expected) => remove(engine.tombstone, stream, expected),

    async close() {
      closing.abort();
      await engine.close();
    },
  };
  return { ...log, engine };
}

function streamDeleted(stream: string): { ok: false; reason: 'stream-deleted'; detail: string } {
  return { ok: false, reason: 'stream-deleted', detail: `${stream} was deleted for ever` };
}

function late(ms: number): { ok: false; reason: 'unknown-outcome'; detail: string } {
  return { ok: false, reason: 'unknown-outcome', detail: `no answer within ${ms} ms` };
}

function pack(events: readonly NewEvent[]): PackedEvents | Extract<AppendResult, { reason: 'invalid' }> {
  const serialised = packJson(events);
  if (serialised !== undefined) return serialised;
  try {
    const texts = events.flatMap((event) => [JSON.stringify(event.metadata), JSON.stringify(event.data)]);
    // JSON.stringify answers undefined for what it does not know at all.
    if (texts.some((text: string | undefined) => text === undefined)) throw new TypeError('undefined is no JSON');
    return packTexts(
      events.map((event) => event.id.toLowerCase()),
      events.map((event) => event.type),
      texts,
    );
  } catch (error) {
    return { ok: false, reason: 'invalid', detail: error instanceof Error ? error.message : 'no JSON' };
  }
}
