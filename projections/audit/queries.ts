import type { Feed } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { Cell, Condition, Question, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { hourMs } from '#projections/audit/projection.ts';

/** A stored event, its personal values still sealed. */
export interface StoredRecord {
  readonly position: LogPosition;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** ISO 8601: `metadata.recordedAt` where that is a time, else when the log wrote it. */
  readonly recordedAt: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** An event that led to another or came of it. */
export type StoredReference = Pick<StoredRecord, 'id' | 'stream' | 'type' | 'recordedAt'>;

/** All that are given must hold. */
export interface AuditFilter {
  readonly stream?: string;
  readonly type?: string;
  /** By `recordedAt`, inclusive; milliseconds since 1970 UTC. */
  readonly since?: number;
  /** By `recordedAt`, exclusive; milliseconds since 1970 UTC. */
  readonly until?: number;
  /** Id of an emergency: its stream and the notices behind it. */
  readonly emergency?: string;
  readonly feed?: Feed;
  /** Keyed hash of what identifies a caller (`KeyStore.token`). */
  readonly callerToken?: string;
}

export interface AuditQuery extends AuditFilter {
  /** `oldest`: log order after `after`; `newest`: against it, before `after`. */
  readonly order: 'oldest' | 'newest';
  /** Exclusive; without it from that end of the log. */
  readonly after?: LogPosition;
  /** Most records, at least 1. */
  readonly limit: number;
}

export interface AuditCounts {
  readonly total: number;
  /** Most first. */
  readonly byType: readonly { readonly name: string; readonly count: number }[];
  readonly byStream: readonly { readonly name: string; readonly count: number }[];
}

/** Questions to the audit trail: every event of the log up to where the model is. */
export interface AuditQueries {
  /** At most `limit` records, fetched as they are asked for; ending early frees everything. */
  page(query: AuditQuery): AsyncIterable<StoredRecord>;
  /** By the event's id or its position. `causes`: the event that led to it, then what led to that; `effects` in log order. */
  get(idOrPosition: string): Promise<AuditDetail | undefined>;
  counts(filter: AuditFilter): Promise<AuditCounts>;
  /** The events of an emergency's stream and the notices behind it, in log order; empty where there is none. */
  story(emergencyId: string): Promise<readonly StoredRecord[]>;
}

export interface AuditDetail {
  readonly record: StoredRecord;
  readonly causes: readonly StoredReference[];
  readonly effects: readonly StoredReference[];
}

/** Records that are fetched at a time. */
const chunk = 100;
/** Longest chain of causes that is followed, and most effects that are named. */
const mostCauses = 20;
const mostEffects = 1000;

const referenceColumns = ['position', 'id', 'stream', 'type', 'recorded_at', 'cause'];

/** @param open the store that serves at the moment */
export function createAuditQueries(open: () => Promise<Pick<ReadModelStore, 'read'>>): AuditQueries {
  const ask = async (question: Question): Promise<readonly Row[]> =>
    (await (await open()).read([question])).rows[0] ?? [];

  async function* page({ order, after, limit, ...filter }: AuditQuery): AsyncGenerator<StoredRecord, void, undefined> {
    const oldest = order === 'oldest';
    const fixed = await conditions(ask, filter);
    let last = after;
    for (let left = limit; left > 0; ) {
      const wanted = Math.min(chunk, left);
      const beyond: Condition[] =
        last === undefined ? [] : [{ column: 'position', is: oldest ? '>' : '<', value: last }];
      const rows = await ask({
        table: 'events',
        where: [...fixed, ...beyond],
        order: [{ column: 'position', direction: oldest ? 'asc' : 'desc' }],
        limit: wanted,
      });
      for (const row of rows) yield recordIn(row);
      if (rows.length < wanted) return;
      last = String(rows.at(-1)?.['position']);
      left -= rows.length;
    }
  }

  async function causesOf(row: Row): Promise<StoredReference[]> {
    const found: StoredReference[] = [];
    const seen = new Set<Cell>([row['id'] ?? null]);
    for (let cause = row['cause'] ?? null; cause !== null && !seen.has(cause) && found.length < mostCauses; ) {
      seen.add(cause);
      const [next] = await ask({
        table: 'events',
        columns: referenceColumns,
        where: [{ column: 'id', is: '=', value: cause }],
        limit: 1,
      });
      if (next === undefined) break;
      found.push(referenceIn(next));
      cause = next['cause'] ?? null;
    }
    return found;
  }

  async function storyOf(emergencyId: string): Promise<readonly StoredRecord[]> {
    const where = await conditions(ask, { emergency: emergencyId });
    const rows = await ask({ table: 'events', where, order: [{ column: 'position', direction: 'asc' }] });
    return rows.map(recordIn);
  }

  return {
    page,
    async get(idOrPosition) {
      for (const column of ['id', 'position']) {
        const [row] = await ask({ table: 'events', where: [{ column, is: '=', value: idOrPosition }], limit: 1 });
        if (row === undefined) continue;
        const effects = await ask({
          table: 'events',
          columns: referenceColumns,
          where: [{ column: 'cause', is: '=', value: row['id'] ?? null }],
          order: [{ column: 'position', direction: 'asc' }],
          limit: mostEffects,
        });
        return { record: recordIn(row), causes: await causesOf(row), effects: effects.map(referenceIn) };
      }
      return undefined;
    },
    async counts(filter) {
      const where = await conditions(ask, filter);
      const store = await open();
      const { rows } = await store.read([
        { table: 'events', where, countBy: ['type'] },
        { table: 'events', where, countBy: ['stream'] },
      ]);
      const named = (list: readonly Row[] = [], column: string) =>
        list.map((row) => ({ name: String(row[column]), count: Number(row['count']) }));
      const byType = named(rows[0], 'type');
      return { total: byType.reduce((sum, { count }) => sum + count, 0), byType, byStream: named(rows[1], 'stream') };
    },
    story: storyOf,
  };
}

async function conditions(
  ask: (question: Question) => Promise<readonly Row[]>,
  filter: AuditFilter,
): Promise<readonly Condition[]> {
  const { stream, type, since, until, emergency, feed, callerToken } = filter;
  const where: Condition[] = [];
  if (stream !== undefined) where.push({ column: 'stream', is: '=', value: stream });
  if (type !== undefined) where.push({ column: 'type', is: '=', value: type });
  if (feed !== undefined) where.push({ column: 'feed', is: '=', value: feed });
  if (since !== undefined) {
    where.push({ column: 'recorded_at', is: '>=', value: since });
    const [row] = await ask({
      table: 'hours',
      where: [{ column: 'hour', is: '>=', value: Math.floor(since / hourMs) }],
      order: [{ column: 'first', direction: 'asc' }],
      limit: 1,
    });
    if (row !== undefined) where.push({ column: 'position', is: '>=', value: row['first'] ?? null });
  }
  if (until !== undefined) {
    where.push({ column: 'recorded_at', is: '<', value: until });
    const [row] = await ask({
      table: 'hours',
      where: [{ column: 'hour', is: '<=', value: Math.floor(until / hourMs) }],
      order: [{ column: 'last', direction: 'desc' }],
      limit: 1,
    });
    if (row !== undefined) where.push({ column: 'position', is: '<=', value: row['last'] ?? null });
  }
  if (emergency !== undefined)
    where.push({
      ...{ column: 'id', inTable: 'emergency_events', as: 'event' },
      where: [{ column: 'emergency', is: '=', value: emergency }],
    });
  if (callerToken !== undefined)
    where.push({
      ...{ column: 'id', inTable: 'callers', as: 'event' },
      where: [{ column: 'token', is: '=', value: callerToken }],
    });
  return where;
}

function recordIn(row: Row): StoredRecord {
  const metadata = JSON.parse(String(row['metadata'])) as JsonObject;
  const said = metadata['recordedAt'];
  return {
    ...{ position: String(row['position']), stream: String(row['stream']), revision: Number(row['revision']) },
    ...{ id: String(row['id']), type: String(row['type']) },
    recordedAt: typeof said === 'string' && !Number.isNaN(Date.parse(said)) ? said : isoOf(row['recorded_at']),
    data: JSON.parse(String(row['data'])) as JsonObject,
    metadata,
  };
}

function referenceIn(row: Row): StoredReference {
  return {
    ...{ id: String(row['id']), stream: String(row['stream']), type: String(row['type']) },
    recordedAt: isoOf(row['recorded_at']),
  };
}

function isoOf(time: Cell | undefined): string {
  return new Date(Number(time)).toISOString();
}
