import type { LogPosition } from '#ports/event-log.ts';
import type { Condition, Question, ReadModelStore, Row } from '#ports/read-model-store.ts';
import type { EmergencyDocument } from '#projections/emergencies/document.ts';
import type { Committed } from '#projections/projection.ts';

/** How an emergency was after the event at `position`. */
export interface EmergencyDocumentChange {
  readonly position: LogPosition;
  readonly document: EmergencyDocument;
}

export interface EmergencyListQuery {
  readonly state?: EmergencyDocument['state'];
  readonly test?: boolean;
  /** By `raisedAt`, inclusive; milliseconds since 1970 UTC. */
  readonly since?: number;
  /** By `raisedAt`, exclusive; milliseconds since 1970 UTC. */
  readonly until?: number;
  /** At least 1. */
  readonly limit: number;
  /** `next` of an earlier answer. */
  readonly cursor?: string;
}

export type EmergencyList =
  | {
      readonly ok: true;
      readonly items: readonly EmergencyDocument[];
      /** Absent on the last page. */
      readonly next?: string;
      /** Up to where in the log the answer is complete; an empty text, which is before every position, while nothing was read. */
      readonly position: LogPosition;
    }
  | { readonly ok: false; readonly reason: 'unknown-cursor' };

/** How the emergencies that were raised since a time divide. */
export interface EmergencyCounts {
  readonly unacknowledged: number;
  readonly acknowledged: number;
  readonly resolved: number;
  /** Test calls and drills, whatever their state; they are in none of the other counts. */
  readonly test: number;
}

/** Questions to the emergencies: active and past ones. Personal values are as they are stored, sealed. */
export interface EmergencyQueries {
  /** Newest first, in the order in which the log has them. `unknown-cursor` where the cursor is none that was handed out. */
  list(query: EmergencyListQuery): Promise<EmergencyList>;
  get(id: string): Promise<EmergencyDocument | undefined>;
  /** Every emergency that is not resolved, the one whose last change is oldest first, each with the position of its last change. */
  open(): Promise<{ readonly changes: readonly EmergencyDocumentChange[]; readonly position: LogPosition }>;
  /** In log order, exclusive; fewer than `limit` means that nothing more is there yet. An empty text is before every position. */
  changesAfter(position: LogPosition, limit: number): Promise<readonly EmergencyDocumentChange[]>;
  /** The board as it was: every emergency as it stood after what the log wrote up to a time (milliseconds since 1970 UTC, inclusive), newest first. */
  at(time: number): Promise<readonly EmergencyDocument[]>;
  /** @param since by `raisedAt`, inclusive; milliseconds since 1970 UTC */
  countsSince(since: number): Promise<EmergencyCounts>;
  /**
   * Told of every change in log order from now on, once it is committed: whatever is asked after that has it. Must not throw. Returns how to end it.
   */
  subscribe(listener: (change: EmergencyDocumentChange) => void): () => void;
  /** Told when what is kept was replaced: who follows may have missed changes, and has to begin again where he was. */
  onReplaced(listener: () => void): () => void;
}

/**
 * @param open the store that serves at the moment
 * @param onCommitted tells of every commit to it
 * @param onReplaced tells when another store serves, of whose changes nobody was told
 */
export function createEmergencyQueries(
  open: () => Promise<Pick<ReadModelStore, 'read'>>,
  onCommitted: (listener: (committed: Committed) => void) => () => void,
  onReplaced: (listener: () => void) => () => void = () => () => undefined,
): EmergencyQueries {
  const ask = async (...questions: Question[]) => {
    const { rows, position = '' } = await (await open()).read(questions);
    return { rows, position };
  };

  return {
    async list({ state, test, since, until, limit, cursor }) {
      const where: Condition[] = [];
      if (state !== undefined) where.push({ column: 'state', is: '=', value: state });
      if (test !== undefined) where.push({ column: 'test', is: '=', value: test ? 1 : 0 });
      if (since !== undefined) where.push({ column: 'raised_at', is: '>=', value: since });
      if (until !== undefined) where.push({ column: 'raised_at', is: '<', value: until });
      if (cursor !== undefined) where.push({ column: 'raised', is: '<', value: cursor });
      const { rows, position } = await ask(
        {
          table: 'emergencies',
          columns: ['raised', 'document'],
          where,
          order: [{ column: 'raised', direction: 'desc' }],
          limit: limit + 1,
        },
        { table: 'emergencies', countBy: [], where: [{ column: 'raised', is: '=', value: cursor ?? '' }] },
      );
      const [found = [], handedOut = []] = rows;
      if (cursor !== undefined && handedOut[0]?.['count'] === 0) return { ok: false, reason: 'unknown-cursor' };
      const items = found.slice(0, limit);
      const next = found.length > limit ? { next: String(items.at(-1)?.['raised']) } : {};
      return { ok: true, items: items.map(documentIn), ...next, position };
    },
    async get(id) {
      const where: Condition[] = [{ column: 'id', is: '=', value: id }];
      const row = (await ask({ table: 'emergencies', columns: ['document'], where })).rows[0]?.[0];
      return row === undefined ? undefined : documentIn(row);
    },
    async open() {
      const { rows, position } = await ask({
        table: 'emergencies',
        columns: ['position', 'document'],
        where: [{ column: 'state', in: ['unacknowledged', 'acknowledged'] }],
        order: [{ column: 'position', direction: 'asc' }],
      });
      return { changes: (rows[0] ?? []).map(changeIn), position };
    },
    async changesAfter(position, limit) {
      const { rows } = await ask({
        table: 'changes',
        columns: ['position', 'document'],
        where: [{ column: 'position', is: '>', value: position }],
        order: [{ column: 'position', direction: 'asc' }],
        limit,
      });
      return (rows[0] ?? []).map(changeIn);
    },
    async at(time) {
      const where: Condition[] = [{ column: 'at', is: '<=', value: time }];
      const { rows } = await ask({ table: 'changes', columns: ['raised', 'document'], where, latestPer: 'id' });
      const found = [...(rows[0] ?? [])].sort((a, b) => (String(a['raised']) < String(b['raised']) ? 1 : -1));
      return found.map(documentIn);
    },
    async countsSince(since) {
      const where: Condition[] = [{ column: 'raised_at', is: '>=', value: since }];
      const { rows } = await ask({ table: 'emergencies', countBy: ['state', 'test'], where });
      const counts = { unacknowledged: 0, acknowledged: 0, resolved: 0, test: 0 };
      for (const row of rows[0] ?? [])
        counts[row['test'] === 1 ? 'test' : (row['state'] as EmergencyDocument['state'])] += Number(row['count']);
      return counts;
    },
    subscribe: (listener) => onCommitted((committed) => changesIn(committed).forEach(listener)),
    onReplaced,
  };
}

/** The changes of emergencies in a commit, in log order. */
function changesIn({ changes }: Committed): readonly EmergencyDocumentChange[] {
  return changes.flatMap((change) => (change.table === 'changes' && 'put' in change ? [changeIn(change.put)] : []));
}

function changeIn(row: Row): EmergencyDocumentChange {
  return { position: String(row['position']), document: documentIn(row) };
}

function documentIn(row: Row): EmergencyDocument {
  return JSON.parse(String(row['document'])) as EmergencyDocument;
}
