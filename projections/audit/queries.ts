import { emergencyStream } from '#domain/names.ts';
import type { Condition, Question, Row } from '#ports/read-model-store.ts';
import type {
  AuditCounts,
  AuditDetail,
  AuditDocument,
  AuditFilter,
  AuditQuery,
  AuditReference,
} from '#projections/audit/document.ts';
import type { Rows } from '#projections/projection.ts';

/** Records that are read at once: enough to be quick, few enough to fit. */
const pageSize = 200;
const mostEffects = 100;
const mostCauses = 20;
const mostNames = 50;
const record = ['position', 'stream', 'revision', 'id', 'type', 'recorded_at', 'data', 'metadata'];
const reference = ['id', 'stream', 'type', 'recorded_at', 'cause'];

/** Records that a filter finds, at most `limit`; the next page is read when it is asked for. */
export async function* auditPage(store: Rows, query: AuditQuery): AsyncGenerator<AuditDocument, void, undefined> {
  const newest = query.order === 'newest';
  let { after } = query;
  for (let left = query.limit; left > 0; ) {
    const limit = Math.min(left, pageSize);
    const where = conditionsOf(query);
    if (after !== undefined) where.push({ column: 'position', is: newest ? '<' : '>', value: after });
    const order = [{ column: 'position', direction: newest ? 'desc' : 'asc' } as const];
    const [rows = []] = (await store.read([{ table: 'events', columns: record, where, order, limit }])).rows;
    for (const row of rows) yield documentIn(row);
    if (rows.length < limit) return;
    left -= rows.length;
    after = String(rows.at(-1)?.['position']);
  }
}

/** One event by its id or its position, with what it led to and what led to it. */
export async function auditDetail(store: Rows, idOrPosition: string): Promise<AuditDetail | undefined> {
  const find = (column: string): Question => ({
    table: 'events',
    columns: [...record, 'cause'],
    where: [{ column, is: '=', value: idOrPosition }],
    limit: 1,
  });
  const found = (await store.read([find('id'), find('position')])).rows.flat()[0];
  if (found === undefined) return undefined;
  const causes: AuditReference[] = [];
  for (let cause = found['cause'] ?? null; cause !== null && causes.length < mostCauses; ) {
    const where: Condition[] = [{ column: 'id', is: '=', value: cause }];
    const row = (await store.read([{ table: 'events', columns: reference, where, limit: 1 }])).rows[0]?.[0];
    if (row === undefined) break;
    causes.push(referenceIn(row));
    cause = row['cause'] ?? null;
  }
  const effects = await store.read([
    {
      table: 'events',
      columns: reference,
      where: [{ column: 'cause', is: '=', value: found['id'] ?? null }],
      order: [{ column: 'position', direction: 'asc' }],
      limit: mostEffects,
    },
  ]);
  return { record: documentIn(found), causes, effects: (effects.rows[0] ?? []).map(referenceIn) };
}

/** The events of one emergency's stream, in order. */
export async function emergencyStory(store: Rows, emergencyId: string): Promise<readonly AuditDocument[]> {
  const story: AuditDocument[] = [];
  const query = { stream: emergencyStream(emergencyId), order: 'oldest', limit: 10_000 } as const;
  for await (const document of auditPage(store, query)) story.push(document);
  return story;
}

export async function auditCounts(store: Rows, filter: AuditFilter): Promise<AuditCounts> {
  const where = conditionsOf(filter);
  const { rows } = await store.read([
    { table: 'events', where, countBy: [] },
    { table: 'events', where, countBy: ['type'], limit: mostNames },
    { table: 'events', where, countBy: ['stream'], limit: mostNames },
  ]);
  const named = (list: readonly Row[] | undefined, column: string) =>
    (list ?? []).map((row) => ({ name: String(row[column]), count: Number(row['count']) }));
  return {
    total: Number(rows[0]?.[0]?.['count'] ?? 0),
    byType: named(rows[1], 'type'),
    byStream: named(rows[2], 'stream'),
  };
}

function conditionsOf(filter: AuditFilter): Condition[] {
  const { stream, type, since, until, emergency, feed, callerToken } = filter;
  const where: Condition[] = [];
  if (stream !== undefined) where.push({ column: 'stream', is: '=', value: stream });
  if (type !== undefined) where.push({ column: 'type', is: '=', value: type });
  if (feed !== undefined) where.push({ column: 'feed', is: '=', value: feed });
  if (since !== undefined) where.push({ column: 'recorded_at', is: '>=', value: Date.parse(since) });
  if (until !== undefined) where.push({ column: 'recorded_at', is: '<', value: Date.parse(until) });
  if (emergency !== undefined) {
    const about: Condition[] = [{ column: 'emergency', is: '=', value: emergency }];
    where.push({ column: 'id', inTable: 'about', as: 'event', where: about });
  }
  if (callerToken !== undefined) {
    const called: Condition[] = [{ column: 'token', is: '=', value: callerToken }];
    where.push({ column: 'position', inTable: 'callers', as: 'position', where: called });
  }
  return where;
}

function documentIn(row: Row): AuditDocument {
  return {
    position: String(row['position']),
    stream: String(row['stream']),
    revision: Number(row['revision']),
    id: String(row['id']),
    type: String(row['type']),
    recordedAt: new Date(Number(row['recorded_at'])).toISOString(),
    data: JSON.parse(String(row['data'])),
    metadata: JSON.parse(String(row['metadata'])),
  };
}

function referenceIn(row: Row): AuditReference {
  return {
    id: String(row['id']),
    stream: String(row['stream']),
    type: String(row['type']),
    recordedAt: new Date(Number(row['recorded_at'])).toISOString(),
  };
}
