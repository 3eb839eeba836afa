import { resolveStream, streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type Json } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { feedOf, recordedAtOf, textIn, timeIn } from '#projections/notice-facts.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * What the inbox says about how well we hear. `counts` has an empty `feed` where an event is of none. `referred`: notices whose content has not been fetched
 * yet and was not given up, by the ids of their CloudEvents. Times are milliseconds since 1970 UTC.
 */
const healthSchema = {
  name: 'health',
  version: 2,
  tables: {
    feeds: { columns: { feed: 'text', last_notice_at: 'integer', notices: 'integer' }, key: ['feed'] },
    partitions: {
      columns: {
        ...{ stream: 'text', sequence_number: 'integer', enqueued_at: 'integer', recorded_at: 'integer' },
        events: 'integer',
      },
      key: ['stream'],
    },
    counts: {
      columns: { stream: 'text', type: 'text', feed: 'text', events: 'integer' },
      key: ['stream', 'type', 'feed'],
    },
    referred: {
      columns: { id: 'text', at: 'integer', stream: 'text', revision: 'integer' },
      key: ['id'],
      indexes: [['at'], ['stream', 'revision']],
    },
  },
} as const satisfies ReadModelSchema;

export const healthProjection: Projection = {
  schema: healthSchema,
  filter: { by: 'stream-prefix', prefixes: [streamPrefixes.inbox, resolveStream] },
  batchSize: 250,
  gatherMs: 25,
  async project(events, rows) {
    const known = await load(rows);
    const referred = createReferred(rows);
    for (const event of events) {
      if (event.stream === resolveStream) {
        await referred.giveUp(event);
        continue;
      }
      if (!event.stream.startsWith(streamPrefixes.inbox)) continue;
      const feed = feedOf(event);
      const enqueuedAt = timeIn(event.metadata['enqueuedAt']);
      known.counts.add({ stream: event.stream, type: event.type, feed: feed ?? '', events: 1 });
      notePartition(known.partitions, event, enqueuedAt);
      if (feed !== undefined) known.feeds.add({ feed, last_notice_at: enqueuedAt ?? null, notices: 1 });
      referred.note(event, enqueuedAt);
    }
    return [...known.feeds.changes(), ...known.partitions.changes(), ...known.counts.changes(), ...referred.changes()];
  },
};

/** Notices whose content was only named: those of the events at hand, and those that are stored. */
function createReferred(rows: Pick<ReadModelStore, 'read'>) {
  /** By id; null where it waits no more. */
  const touched = new Map<string, Row | null>();
  return {
    /** What was fetched comes with the id of the CloudEvent that only referred to it. */
    note(event: RecordedEvent, enqueuedAt: number | undefined): void {
      const id = textIn(event.data['id']) ?? event.id;
      const { stream, revision } = event;
      if (event.data['tocsinrecovered'] === true) touched.set(id, null);
      else if (event.data['tocsincontent'] === 'referred')
        touched.set(id, { id, at: enqueuedAt ?? recordedAtOf(event), stream, revision });
    },
    /** Of a notice that came twice the latest place counts: the earlier one may be given up while the later one waits. */
    async giveUp(event: RecordedEvent): Promise<void> {
      for (const { stream, revisions } of goneIn(event)) {
        const where = [{ column: 'stream', is: '=', value: stream } as const, { column: 'revision', in: revisions }];
        const [stored = []] = (await rows.read([{ table: 'referred', where }])).rows;
        const known = new Map([...stored.map((row) => [String(row['id']), row] as const), ...touched]);
        for (const [id, row] of known)
          if (row?.['stream'] === stream && revisions.includes(Number(row['revision']))) touched.set(id, null);
      }
    },
    changes: (): readonly Change[] =>
      [...touched].map(([id, row]) =>
        row === null ? { table: 'referred', delete: { id } } : { table: 'referred', put: row },
      ),
  };
}

/** Where the notices stand that `resolve` has given up. */
function goneIn({ data: { gone } }: RecordedEvent): readonly { stream: string; revisions: readonly number[] }[] {
  return (Array.isArray(gone) ? gone : []).flatMap((place) => {
    if (!isJsonObject(place)) return [];
    const { stream, revisions } = place;
    if (typeof stream !== 'string' || !Array.isArray(revisions)) return [];
    return [{ stream, revisions: revisions.filter((revision) => typeof revision === 'number') }];
  });
}

function notePartition(partitions: Touched, event: RecordedEvent, enqueuedAt: number | undefined): void {
  const { sequenceNumber } = event.metadata;
  partitions.add({
    stream: event.stream,
    sequence_number: integer(sequenceNumber),
    // A gap carries the time at which it was noticed.
    enqueued_at: event.type === 'tocsin.gap' ? null : (enqueuedAt ?? null),
    recorded_at: recordedAtOf(event),
    events: 1,
  });
}

function integer(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** Rows of a table as they were, and those that events changed. */
interface Touched {
  add(row: Row): void;
  changes(): readonly Change[];
}

type Merge = (old: number, now: number) => number;
const sum: Merge = (old, now) => old + now;
const latest: Merge = (_old, now) => now;

async function load(rows: Pick<ReadModelStore, 'read'>) {
  const answers = await rows.read([{ table: 'feeds' }, { table: 'partitions' }, { table: 'counts' }]);
  const { tables } = healthSchema;
  return {
    feeds: touch('feeds', tables.feeds.key, answers.rows[0], { last_notice_at: Math.max, notices: sum }),
    partitions: touch('partitions', tables.partitions.key, answers.rows[1], {
      // Positions begin again with a hub that was made anew.
      ...{ sequence_number: latest, enqueued_at: Math.max, recorded_at: Math.max, events: sum },
    }),
    counts: touch('counts', tables.counts.key, answers.rows[2], { events: sum }),
  };
}

function touch(
  table: string,
  key: readonly string[],
  stored: readonly Row[] = [],
  merge: Readonly<Record<string, Merge>>,
): Touched {
  const keyOf = (row: Row): string => JSON.stringify(key.map((column) => row[column]));
  const known = new Map(stored.map((row) => [keyOf(row), row]));
  const touched = new Map<string, Row>();
  return {
    add(row) {
      const at = keyOf(row);
      const old = known.get(at);
      const merged: Record<string, string | number | null> = { ...row };
      for (const [column, rule] of Object.entries(merge)) {
        const [before, now] = [old?.[column] ?? null, row[column] ?? null];
        merged[column] = typeof before === 'number' && typeof now === 'number' ? rule(before, now) : (now ?? before);
      }
      known.set(at, merged);
      touched.set(at, merged);
    },
    changes: () => [...touched.values()].map((put) => ({ table, put })),
  };
}
