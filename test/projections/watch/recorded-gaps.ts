import type { RecordedEvent } from '#ports/event-log.ts';
import type { ReadModelStore, Row } from '#ports/read-model-store.ts';
import { watchProjection } from '#projections/watch/projection.ts';

/** A time in which the product says that it was not watching. Milliseconds since 1970 UTC. */
export interface RecordedGap {
  readonly feed: string;
  /** Empty for the chat feed. */
  readonly policy: string;
  readonly from: number;
  readonly to: number;
  readonly cause: string;
}

/** The gaps as the page and `tocsin watch report` show them: by the product's own projection. @param end of what is looked at */
export async function recordedGaps(events: readonly RecordedEvent[], end: number): Promise<readonly RecordedGap[]> {
  const current = new Map<string, Row>();
  const spans: Row[] = [];
  const read = async (questions: readonly { readonly table: string }[]) => ({
    rows: questions.map(({ table }) => (table === 'current' ? [...current.values()] : [])),
  });
  const watched = events.filter(({ stream }) => stream.startsWith('watch-'));
  const changes = await watchProjection.project(watched, { read } as unknown as Pick<ReadModelStore, 'read'>);
  for (const change of changes) {
    if (!('put' in change)) continue;
    if (change.table === 'current') current.set(`${change.put['feed']}|${change.put['policy']}`, change.put);
    if (change.table === 'spans') spans.push(change.put);
  }
  return [...spans, ...[...current.values()].map((row): Row => ({ ...row, ended_at: end }))]
    .filter((row) => row['watching'] === 0)
    .map((row) => ({
      ...{ feed: String(row['feed']), policy: String(row['policy']), cause: String(row['cause']) },
      ...{ from: Number(row['started_at']), to: Number(row['ended_at']) },
    }))
    .sort((a, b) => a.from - b.from);
}
