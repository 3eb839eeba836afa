import { randomUUID } from 'node:crypto';
import { type Changes, createChanges } from '#adapters/sqlite/changes.ts';
import type * as api from '#adapters/sqlite/engine.ts';
import type { ReadAllRequest, ReadReply, ReadRequest, WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import { type PackedEvents, type PackedPage, packEvents, unpackPage } from '#adapters/sqlite/packing.ts';
import { startThreads } from '#adapters/sqlite/threads.ts';
import { isUuid } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';

export interface SqliteEngineOptions {
  /** Path of the database file; made, with its folder, where there is none. While it is open, `-wal`, `-shm` and now and then `-waiting` stand beside it. */
  readonly file: string;
  /** Gives events their time of creation and `$maxAge` its now. */
  readonly clock: Clock;
  /** Most bytes of data in one append (default 1,048,576, as EventStoreDB before 25.1). */
  readonly maxAppendBytes?: number;
  /** How long an append may wait for the lock of other processes before it answers `unavailable`, milliseconds (default 4,000). */
  readonly lockTimeoutMs?: number;
}

/** The engine with what the port needs beyond it: packed events and pages, so that nothing is copied twice. */
export interface SqliteEngine extends api.LogEngine {
  appendPacked(
    stream: string,
    expected: api.EngineExpectedRevision,
    events: PackedEvents,
  ): Promise<api.EngineAppendResult>;
  readStreamPacked(
    stream: string,
    options: api.EngineReadStreamOptions,
  ): Promise<Extract<ReadReply, { kind: 'page' | 'not-found' | 'deleted' }> | api.EngineUnavailable>;
  /** One page of the whole log, as far as the limits allow. */
  scan(
    options: Omit<ReadAllRequest, 'kind'>,
  ): Promise<
    | { readonly ok: true; readonly page: PackedPage; readonly scannedTo: number; readonly end: boolean }
    | api.EngineUnavailable
  >;
  readonly changes: Changes;
}

const defaultMaxAppendBytes = 1_048_576;
const everything = { window: 0, userEventsOnly: false, filter: undefined, maxBytes: Number.POSITIVE_INFINITY } as const;

/**
 * Opens the embedded event log: a thread that writes, one that reads and one that makes checkpoints.
 * @throws when the file cannot be opened, is something else, or was written by a newer version
 */
export async function createSqliteEngine(options: SqliteEngineOptions): Promise<SqliteEngine> {
  const { clock, maxAppendBytes = defaultMaxAppendBytes, lockTimeoutMs = 4_000 } = options;
  const file = { file: options.file, lockTimeoutMs };
  let watched = false;
  const changes = createChanges((on) => {
    watched = on;
    void watch();
  });
  const events = { onChanged: changes.notify, onRestart: () => void watch() };
  const threads = await startThreads(file, events);
  const { writer, reader, checkpoints } = threads;
  let closed = false;

  async function watch(): Promise<void> {
    if (closed) return;
    await reader.call({ kind: 'watch', on: watched });
    // What was committed before the thread looked for the first time must not wait for the next commit.
    if (watched) changes.notify();
  }

  async function write(request: WriteRequest, transfer?: ArrayBuffer[]): Promise<WriteReply> {
    if (closed) return unavailable('the event log is closed');
    const reply = await writer.call(request, transfer);
    if (reply === undefined) return { ok: false, reason: 'unknown-outcome', detail: 'the writing thread ended' };
    if (reply.ok) changes.notify();
    return reply;
  }

  async function read(request: ReadRequest): Promise<Exclude<ReadReply, { kind: 'failed' }> | api.EngineUnavailable> {
    if (closed) return unavailable('the event log is closed');
    const reply = await reader.call(request);
    if (reply === undefined) return unavailable('the reading thread ended');
    return reply.kind === 'failed' ? unavailable(reply.detail) : reply;
  }

  async function appendPacked(
    stream: string,
    expected: api.EngineExpectedRevision,
    packed: PackedEvents,
  ): Promise<api.EngineAppendResult> {
    const fault = faultOf(stream, packed);
    if (fault !== undefined) return { ok: false, reason: 'invalid', detail: fault };
    if (packed.dataBytes > maxAppendBytes) return { ok: false, reason: 'too-large', limit: maxAppendBytes };
    const request: WriteRequest = { kind: 'append', stream, expected, events: packed, now: clock.now() };
    checkpoints.written(packed.bytes.byteLength);
    return (await write(request, [packed.bytes.buffer])) as api.EngineAppendResult;
  }

  async function remove(kind: 'soft-delete' | 'tombstone', stream: string, expected: api.EngineExpectedRevision) {
    const fault = faultOf(stream, undefined);
    if (fault !== undefined) return { ok: false, reason: 'invalid', detail: fault } as const;
    const reply = await write({ kind, stream, expected, eventId: randomUUID(), now: clock.now() });
    return reply as api.EngineDeleteResult;
  }

  const engine: Omit<SqliteEngine, keyof api.LogEngine> = {
    appendPacked,
    async readStreamPacked(stream, { direction, from, limit }) {
      const reply = await read({ kind: 'stream', stream, direction, from, limit, now: clock.now() });
      if ('ok' in reply || reply.kind === 'page' || reply.kind === 'not-found' || reply.kind === 'deleted')
        return reply;
      throw new TypeError(`unexpected reply ${reply.kind}`);
    },
    async scan(request) {
      const reply = await read({ kind: 'all', ...request });
      if ('ok' in reply) return reply;
      if (reply.kind !== 'all') throw new TypeError(`unexpected reply ${reply.kind}`);
      return { ok: true, page: reply.page, scannedTo: reply.scannedTo, end: reply.end };
    },
    changes,
  };

  return {
    ...engine,
    append: (stream, expected, list) => appendPacked(stream, expected, packEvents(list)),
    async readStream(stream, request) {
      const reply = await engine.readStreamPacked(stream, request);
      if ('ok' in reply) return reply;
      if (reply.kind === 'not-found') return { ok: false, reason: 'stream-not-found' };
      if (reply.kind === 'deleted') return { ok: false, reason: 'stream-deleted' };
      return { ok: true, events: unpackPage(reply.page), lastRevision: reply.lastRevision };
    },
    async readAll({ direction, from, limit }) {
      const reply = await engine.scan({
        ...everything,
        direction,
        from: from === undefined ? undefined : Number(from),
        limit,
      });
      return reply.ok ? { ok: true, events: unpackPage(reply.page) } : reply;
    },
    async lastPosition() {
      const reply = await read({ kind: 'last-position' });
      if ('ok' in reply) return reply;
      if (reply.kind !== 'position') throw new TypeError(`unexpected reply ${reply.kind}`);
      return { ok: true, position: BigInt(reply.position) };
    },
    async streamState(stream) {
      const reply = await read({ kind: 'state', stream });
      if ('ok' in reply) return reply;
      if (reply.kind !== 'state') throw new TypeError(`unexpected reply ${reply.kind}`);
      return { ok: true, state: reply.state };
    },
    onAppended: changes.listen,
    softDelete: (stream, expected) => remove('soft-delete', stream, expected),
    tombstone: (stream, expected) => remove('tombstone', stream, expected),
    async close() {
      closed = true;
      changes.notify();
      await threads.close();
    },
  };
}

function unavailable(detail: string): api.EngineUnavailable {
  return { ok: false, reason: 'unavailable', detail };
}

/** Why the real server would refuse a request, or (an append to `$$`) die of it. */
function faultOf(stream: string, events: PackedEvents | undefined): string | undefined {
  if (stream === '' || stream === '$$') return 'the stream needs a name';
  if (stream.startsWith('$$$$')) return 'metadata of metadata cannot be written';
  if (events === undefined) return undefined;
  if (!events.ids.every(isUuid)) return 'an event id is not a UUID';
  return events.types.includes('') ? 'an event type is empty' : undefined;
}
