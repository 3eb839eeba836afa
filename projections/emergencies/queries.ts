import type { LogPosition } from '#ports/event-log.ts';
import type { Change, Condition, Row } from '#ports/read-model-store.ts';
import type { EmergencyChangeRow, EmergencyDocument } from '#projections/emergencies/document.ts';
import type { Committed, Rows } from '#projections/projection.ts';

export interface EmergencyQuery {
  readonly state?: EmergencyDocument['state'];
  readonly test?: boolean;
  /** By `raisedAt`, inclusive; ISO 8601. */
  readonly since?: string;
  /** By `raisedAt`, exclusive; ISO 8601. */
  readonly until?: string;
  readonly limit: number;
  /** `next` of an earlier answer. */
  readonly cursor?: string;
}

export interface EmergencyPage {
  readonly items: readonly EmergencyDocument[];
  /** Absent on the last page. */
  readonly next?: string;
  /** Up to where in the log the answer is complete. */
  readonly position: LogPosition;
}

export interface UnknownCursor {
  readonly ok: false;
  readonly reason: 'unknown-cursor';
}

/** Before the first event of any log. */
export const beginning: LogPosition = '0';

/** Newest first. */
export async function listEmergencies(
  store: Rows,
  query: EmergencyQuery,
): Promise<({ readonly ok: true } & EmergencyPage) | UnknownCursor> {
  if (query.cursor !== undefined && !/^\d{1,40}$/.test(query.cursor)) return { ok: false, reason: 'unknown-cursor' };
  const where: Condition[] = [];
  if (query.state !== undefined) where.push({ column: 'state', is: '=', value: query.state });
  if (query.test !== undefined) where.push({ column: 'test', is: '=', value: query.test ? 1 : 0 });
  if (query.since !== undefined) where.push({ column: 'raised_at', is: '>=', value: Date.parse(query.since) });
  if (query.until !== undefined) where.push({ column: 'raised_at', is: '<', value: Date.parse(query.until) });
  if (query.cursor !== undefined) where.push({ column: 'raised', is: '<', value: query.cursor });
  const { rows, position } = await store.read([
    {
      table: 'emergencies',
      columns: ['raised', 'document'],
      where,
      order: [{ column: 'raised', direction: 'desc' }],
      limit: query.limit + 1,
    },
  ]);
  const found = rows[0] ?? [];
  const items = found.slice(0, query.limit);
  const next = found.length > query.limit ? String(items.at(-1)?.['raised']) : undefined;
  return {
    ok: true,
    items: items.map(documentIn),
    ...(next === undefined ? {} : { next }),
    position: position ?? beginning,
  };
}

export async function getEmergency(store: Rows, id: string): Promise<EmergencyDocument | undefined> {
  const { rows } = await store.read([
    { table: 'emergencies', columns: ['document'], where: [{ column: 'id', is: '=', value: id }] },
  ]);
  const row = rows[0]?.[0];
  return row === undefined ? undefined : documentIn(row);
}

/** Every emergency that is not resolved, the one whose last change is oldest first. */
export async function openEmergencies(
  store: Rows,
): Promise<{ readonly changes: readonly EmergencyChangeRow[]; readonly position: LogPosition }> {
  const { rows, position } = await store.read([
    {
      table: 'emergencies',
      columns: ['position', 'document'],
      where: [{ column: 'state', in: ['unacknowledged', 'acknowledged'] }],
      order: [{ column: 'position', direction: 'asc' }],
    },
  ]);
  return { changes: (rows[0] ?? []).map(changeIn), position: position ?? beginning };
}

/** In log order, exclusive. Fewer than `limit` means that nothing more is there yet. */
export async function changesAfter(
  store: Rows,
  position: LogPosition,
  limit: number,
): Promise<readonly EmergencyChangeRow[]> {
  const { rows } = await store.read([
    {
      table: 'changes',
      columns: ['position', 'document'],
      where: [{ column: 'position', is: '>', value: position }],
      order: [{ column: 'position', direction: 'asc' }],
      limit,
    },
  ]);
  return (rows[0] ?? []).map(changeIn);
}

/** The board as it was: every emergency as it stood after the last event that the log wrote up to a time (milliseconds since 1970 UTC), newest first. */
export async function emergenciesAt(store: Rows, time: number): Promise<readonly EmergencyDocument[]> {
  const { rows } = await store.read([
    {
      table: 'changes',
      columns: ['position', 'document'],
      where: [{ column: 'at', is: '<=', value: time }],
      latestPer: 'id',
    },
  ]);
  const documents = (rows[0] ?? []).map(documentIn);
  return documents.sort((a, b) => Date.parse(b.raisedAt) - Date.parse(a.raisedAt) || (a.id < b.id ? 1 : -1));
}

/** How the emergencies that were raised since a time divide. */
export interface EmergencyCounts {
  readonly unacknowledged: number;
  readonly acknowledged: number;
  readonly resolved: number;
  /** Test calls and drills, whatever their state; they are in none of the other counts. */
  readonly test: number;
}

/** @param since by `raisedAt`, inclusive; milliseconds since 1970 UTC */
export async function countEmergencies(store: Rows, since: number): Promise<EmergencyCounts> {
  const { rows } = await store.read([
    {
      table: 'emergencies',
      countBy: ['state', 'test'],
      where: [{ column: 'raised_at', is: '>=', value: since }],
    },
  ]);
  const counts = { unacknowledged: 0, acknowledged: 0, resolved: 0, test: 0 };
  for (const row of rows[0] ?? []) {
    const name = row['test'] === 1 ? 'test' : (String(row['state']) as EmergencyDocument['state']);
    counts[name] += Number(row['count']);
  }
  return counts;
}

/** The changes of emergencies in a commit, in log order. */
export function changesIn({ changes }: Committed): readonly EmergencyChangeRow[] {
  return changes.flatMap((change: Change) =>
    change.table === 'changes' && 'put' in change ? [changeIn(change.put)] : [],
  );
}

function changeIn(row: Row): EmergencyChangeRow {
  return { position: String(row['position']), document: documentIn(row) };
}

function documentIn(row: Row): EmergencyDocument {
  return JSON.parse(String(row['document'])) as EmergencyDocument;
}
