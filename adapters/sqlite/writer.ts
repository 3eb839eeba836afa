import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { decideAppend } from '#adapters/sqlite/decide-append.ts';
import { tombstoneRevision } from '#adapters/sqlite/engine.ts';
import type { AppendRequest, DeleteRequest, WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import { type PackedEvents, packTexts, payloadOf } from '#adapters/sqlite/packing.ts';
import type { RecentIds } from '#adapters/sqlite/recent-ids.ts';
import * as retention from '#adapters/sqlite/retention.ts';
import { createStreamLookup, isSoftDeleted, type StreamRow } from '#adapters/sqlite/stream-table.ts';

/** Carries out one request within the transaction that is open. Throws only for faults of the file. */
export type Writer = (request: WriteRequest) => WriteReply;

export function createWriter(db: DatabaseSync, recent: RecentIds): Writer {
  const findStream = createStreamLookup(db);
  const addStream = db.prepare('INSERT INTO streams (name, rev) VALUES (?, -1)');
  const setRevision = db.prepare('UPDATE streams SET rev = ? WHERE id = ?');
  const setTombstone = db.prepare('UPDATE streams SET tombstoned = 1 WHERE id = ?');
  const setRetention = db.prepare('UPDATE streams SET tb = ?, max_count = ?, max_age = ? WHERE id = ?');
  const insert = db.prepare(
    'INSERT INTO events (pos, sid, rev, created, json, id, type, meta, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const lastPosition = db.prepare('SELECT max(pos) AS pos FROM events');
  const idAt = db.prepare('SELECT id FROM events WHERE sid = ? AND rev = ?');
  const eventAt = db.prepare('SELECT pos, created, data FROM events WHERE sid = ? AND rev = ?');

  const nextPosition = () => Number(lastPosition.get()?.['pos'] ?? 0) + 1;

  function stream(name: string): StreamRow {
    const found = findStream(name);
    if (found !== undefined) return found;
    const { lastInsertRowid } = addStream.run(name);
    return {
      ...{ id: Number(lastInsertRowid), name, revision: -1, tombstoned: false },
      ...{ truncateBefore: undefined, maxCount: undefined, maxAge: undefined },
    };
  }

  /** Writes events behind the last one; returns the position of the last. */
  function write(row: StreamRow, events: PackedEvents, now: number): number {
    let position = nextPosition() - 1;
    let revision = row.revision;
    for (const [i, id] of events.ids.entries()) {
      position++;
      revision++;
      const { metadata, data } = payloadOf(events, i);
      const json = events.json[i] === true ? 1 : 0;
      insert.run(position, row.id, revision, now, json, id, events.types[i] ?? '', metadata, data);
      recent.add(row.id, id, revision);
    }
    setRevision.run(revision, row.id);
    const described = retention.describedBy(row.name);
    if (described !== undefined) takeOver(described, lastMetadata(row.id, revision));
    return position;
  }

  function takeOver(name: string, metadata: string): void {
    const { truncateBefore, maxCount, maxAge } = retention.retentionOf(metadata);
    setRetention.run(truncateBefore ?? null, maxCount ?? null, maxAge ?? null, stream(name).id);
  }

  function lastMetadata(streamId: number, revision: number): string {
    const data = eventAt.get(streamId, revision)?.['data'];
    return data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : '{}';
  }

  function writeMetadata(name: string, text: string, id: string, now: number): number {
    const row = stream(retention.metadataStreamOf(name));
    return write(row, packTexts([id], ['$metadata'], ['', text]), now);
  }

  /** The stream is written again after a soft delete: what it held before stays cut, other metadata stays as it is. */
  function revive(row: StreamRow, now: number): void {
    const about = stream(retention.metadataStreamOf(row.name));
    const text = retention.withTruncateBefore(lastMetadata(about.id, about.revision), row.revision + 1);
    writeMetadata(row.name, text, randomUUID(), now);
  }

  function append({ stream: name, expected, events, now }: AppendRequest): WriteReply {
    const row = findStream(name);
    const described = retention.describedBy(name);
    const about = described === undefined ? undefined : findStream(described);
    if (row?.tombstoned === true || about?.tombstoned === true) return { ok: false, reason: 'stream-deleted' };
    const revision = row?.revision ?? -1;
    const facts = {
      revision,
      softDeleted: isSoftDeleted(row),
      idAt: (at: number) => (row === undefined ? undefined : (idAt.get(row.id, at)?.['id'] as string | undefined)),
      // Asked even where there is no stream yet: from now on ids are remembered.
      recent: (id: string) => recent.find(row?.id ?? -1, id),
    };
    const decision = decideAppend(facts, expected, events.ids);
    switch (decision.do) {
      case 'refuse':
        return wrongRevision(revision);
      case 'nothing':
        return { ok: true, revision, position: undefined };
      case 'repeat':
        return { ok: true, revision: decision.last, position: row && readablePosition(row, decision.last, now) };
      case 'write': {
        const target = row ?? stream(name);
        if (facts.softDeleted) revive(target, now);
        const position = write(target, events, now);
        // Metadata written to a deleted stream must not bring back what was deleted.
        if (about !== undefined && isSoftDeleted(about) && !isSoftDeleted(findStream(about.name))) revive(about, now);
        return { ok: true, revision: revision + events.ids.length, position: BigInt(position) };
      }
    }
  }

  function readablePosition(row: StreamRow, revision: number, now: number): bigint | undefined {
    if (revision < retention.firstReadable(row.name, row.revision, row)) return undefined;
    const event = eventAt.get(row.id, revision);
    if (event === undefined || Number(event['created']) < retention.oldestReadable(row, now)) return undefined;
    return BigInt(Number(event['pos']));
  }

  function remove({ kind, stream: name, expected, eventId, now }: DeleteRequest): WriteReply {
    const row = findStream(name);
    if (row?.tombstoned === true) return { ok: false, reason: 'stream-deleted' };
    const revision = row?.revision ?? -1;
    const holds =
      expected === 'any' ||
      (expected === 'stream-exists' && revision >= 0 && !isSoftDeleted(row)) ||
      (expected === 'no-stream' && (revision < 0 || isSoftDeleted(row))) ||
      expected === revision;
    if (!holds) return wrongRevision(revision);
    if (kind === 'soft-delete') {
      return { ok: true, position: BigInt(writeMetadata(name, retention.softDeleteMetadata, eventId, now)) };
    }
    const target = stream(name);
    const position = nextPosition();
    const empty = new Uint8Array();
    insert.run(position, target.id, tombstoneRevision, now, 0, eventId, '$streamDeleted', empty, empty);
    setTombstone.run(target.id);
    return { ok: true, position: BigInt(position) };
  }

  return (request) => (request.kind === 'append' ? append(request) : remove(request));
}

function wrongRevision(revision: number): WriteReply {
  return { ok: false, reason: 'wrong-expected-revision', actual: revision < 0 ? 'no-stream' : revision };
}
