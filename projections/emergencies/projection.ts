import { evolve } from '#domain/emergency/evolve.ts';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import { type EmergencyState, noEmergency } from '#domain/emergency/state.ts';
import { emergencyIdOfStream, streamPrefixes } from '#domain/names.ts';
import { valuesInPlace } from '#domain/sealed-places.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { documentOf, type EmergencyDocument } from '#projections/emergencies/document.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * `emergencies`: one row for each, as it is now. `changes`: how an emergency was after each of its events, so that pages resume where they were and the board
 * can be shown as it was. `raised` and `position` are positions in the log, `raised_at` and `at` when the log wrote it (milliseconds since 1970 UTC).
 */
const emergenciesSchema = {
  name: 'emergencies',
  version: 3,
  tables: {
    emergencies: {
      columns: {
        ...{ id: 'text', state: 'text', test: 'integer', disposition: 'text', raised: 'text', raised_at: 'integer' },
        ...{ position: 'text', revision: 'integer', story: 'text', document: 'text' },
      },
      key: ['id'],
      indexes: [['raised'], ['state', 'raised']],
    },
    changes: {
      columns: { position: 'text', id: 'text', raised: 'text', at: 'integer', document: 'text' },
      key: ['position'],
      indexes: [['id', 'position']],
    },
  },
} as const satisfies ReadModelSchema;

export const emergenciesProjection: Projection = {
  schema: emergenciesSchema,
  filter: { by: 'stream-prefix', prefixes: [streamPrefixes.emergency] },
  batchSize: 100,
  async project(events, rows) {
    const known = await load(events, rows);
    const changes: Change[] = [];
    for (const event of events) {
      const id = emergencyIdOfStream(event.stream);
      if (id === undefined) continue;
      const now = after(known.get(id), event);
      if (now === undefined) continue;
      known.set(id, now);
      const document = JSON.stringify(documentAt(id, now, event));
      changes.push(
        { table: 'emergencies', put: rowOf(id, now, event, document) },
        { table: 'changes', put: { position: event.position, id, raised: now.raised, at: event.created, document } },
      );
    }
    return changes;
  },
};

/** The document of an emergency after these events of its stream, which begin with the first; undefined while nothing was raised. */
export function foldEmergency(id: string, events: readonly RecordedEvent[]): EmergencyDocument | undefined {
  let known: Known | undefined;
  for (const event of events) known = after(known, event);
  const last = events.at(-1);
  return known === undefined || last === undefined ? undefined : documentAt(id, known, last);
}

function documentAt(id: string, { state, raisedAt }: Known, { revision }: RecordedEvent): EmergencyDocument {
  return documentOf(id, state, new Date(raisedAt).toISOString(), revision);
}

interface Known {
  readonly state: Exclude<EmergencyState, { status: 'none' }>;
  readonly raised: string;
  readonly raisedAt: number;
}

/** Undefined while nothing was raised: an event of that kind is in the audit trail alone. */
function after(known: Known | undefined, event: RecordedEvent): Known | undefined {
  const read = readEmergencyEvent(valuesInPlace(event));
  const before = known?.state ?? noEmergency;
  const state = read === undefined ? before : evolve(before, read);
  if (state.status === 'none') return undefined;
  return known === undefined ? { state, raised: event.position, raisedAt: event.created } : { ...known, state };
}

function rowOf(id: string, { state, raised, raisedAt }: Known, event: RecordedEvent, document: string): Row {
  return {
    ...{ id, state: state.status, test: state.call.test ? 1 : 0, raised, raised_at: raisedAt },
    disposition: state.status === 'resolved' ? state.resolved.disposition : null,
    ...{ position: event.position, revision: event.revision, story: JSON.stringify(state), document },
  };
}

async function load(events: readonly RecordedEvent[], rows: Pick<ReadModelStore, 'read'>): Promise<Map<string, Known>> {
  const ids = [...new Set(events.flatMap(({ stream }) => emergencyIdOfStream(stream) ?? []))];
  const columns = ['id', 'raised', 'raised_at', 'story'];
  const answers = await rows.read([{ table: 'emergencies', columns, where: [{ column: 'id', in: ids }] }]);
  return new Map(
    (answers.rows[0] ?? []).map((row) => [
      String(row['id']),
      { state: JSON.parse(String(row['story'])), raised: String(row['raised']), raisedAt: Number(row['raised_at']) },
    ]),
  );
}
