import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ReadAllRequest, ReadReply, ReadRequest, ReadStreamRequest } from '#adapters/sqlite/messages.ts';
import { createPageBuilder, pageColumns } from '#adapters/sqlite/page-builder.ts';
import { firstReadable, oldestReadable } from '#adapters/sqlite/retention.ts';
import { createScanStatements } from '#adapters/sqlite/scan-statements.ts';
import { createStreamLookup, isSoftDeleted, type StreamRow } from '#adapters/sqlite/stream-table.ts';

/** Answers one request from the file. Throws only for faults of the file. */
export type Reader = (request: Exclude<ReadRequest, { kind: 'watch' }>) => ReadReply;

export function createReader(db: DatabaseSync): Reader {
  const findStream = createStreamLookup(db);
  const streamPage = (direction: string): StatementSync => {
    const statement = db.prepare(
      `SELECT ${pageColumns} FROM events e WHERE e.sid = ? AND e.rev BETWEEN ? AND ? ORDER BY e.rev ${direction} LIMIT ?`,
    );
    statement.setReturnArrays(true);
    return statement;
  };
  const streamForwards = streamPage('ASC');
  const streamBackwards = streamPage('DESC');
  const createdAt = db.prepare('SELECT created FROM events WHERE sid = ? AND rev = ?');
  const lastPositionOf = db.prepare('SELECT max(pos) AS pos FROM events');
  const scanStatement = createScanStatements(db);
  const nameOf = createNameCache(db);

  const lastPosition = () => Number(lastPositionOf.get()?.['pos'] ?? 0);

  function readStream({ stream: name, direction, from, limit, now }: ReadStreamRequest): ReadReply {
    const row = findStream(name);
    if (row?.tombstoned === true) return { kind: 'deleted' };
    if (row === undefined || row.revision < 0 || isSoftDeleted(row)) return { kind: 'not-found' };
    const first = firstYoungEnough(row, firstReadable(name, row.revision, row), oldestReadable(row, now));
    const builder = createPageBuilder();
    const rows =
      direction === 'forwards'
        ? streamForwards.iterate(row.id, Math.max(first, from ?? 0), row.revision, limit)
        : streamBackwards.iterate(row.id, first, Math.min(from ?? row.revision, row.revision), limit);
    for (const event of rows) builder.add(event as unknown as unknown[], name);
    return { kind: 'page', page: builder.build(), lastRevision: row.revision };
  }

  /** Times of creation grow with revisions, so the border of `$maxAge` is found by halving. */
  function firstYoungEnough(row: StreamRow, first: number, oldest: number): number {
    if (oldest === Number.NEGATIVE_INFINITY) return first;
    let low = Math.min(first, row.revision + 1);
    let high = row.revision + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (Number(createdAt.get(row.id, middle)?.['created'] ?? 0) < oldest) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function readAll(request: ReadAllRequest): ReadReply {
    const { direction, limit, maxBytes, window, filter, userEventsOnly } = request;
    const forwards = direction === 'forwards';
    const last = lastPosition();
    const from = request.from ?? (forwards ? 1 : last);
    const border = filter === undefined ? Number.POSITIVE_INFINITY : window;
    const low = forwards ? from : Math.max(1, from - border + 1);
    const high = forwards ? Math.min(last, from + border - 1) : Math.min(from, last);
    const builder = createPageBuilder();
    const { statement, parameters } = scanStatement(direction, userEventsOnly, filter);
    let complete = true;
    for (const row of statement.iterate(low, high, ...parameters)) {
      const event = row as unknown as unknown[];
      builder.add(event, nameOf(Number(event[1])));
      if (builder.count() < limit && builder.bytes() < maxBytes) continue;
      complete = false;
      break;
    }
    const scannedTo = complete ? (forwards ? Math.max(high, from - 1) : low) : builder.lastPosition();
    const end = forwards ? scannedTo >= last : scannedTo <= 1;
    return { kind: 'all', page: builder.build(), scannedTo, end };
  }

  function state(name: string): ReadReply {
    const row = findStream(name);
    const deleted = row?.tombstoned === true ? 'tombstoned' : isSoftDeleted(row) ? 'soft-deleted' : undefined;
    return {
      kind: 'state',
      state: {
        state: deleted ?? (row === undefined || row.revision < 0 ? 'missing' : 'live'),
        revision: row?.revision ?? -1,
        maxCount: row?.maxCount,
        maxAgeSeconds: row?.maxAge,
        truncateBefore: row?.truncateBefore,
      },
    };
  }

  return (request) => {
    switch (request.kind) {
      case 'stream':
        return readStream(request);
      case 'all':
        return readAll(request);
      case 'last-position':
        return { kind: 'position', position: lastPosition() };
      case 'state':
        return state(request.stream);
    }
  };
}

/** Names of streams never change; the cache is emptied now and then so that it stays small. */
function createNameCache(db: DatabaseSync): (streamId: number) => string {
  const select = db.prepare('SELECT name FROM streams WHERE id = ?');
  const names = new Map<number, string>();
  return (streamId) => {
    const known = names.get(streamId);
    if (known !== undefined) return known;
    if (names.size >= 50_000) names.clear();
    const name = String(select.get(streamId)?.['name']);
    names.set(streamId, name);
    return name;
  };
}
