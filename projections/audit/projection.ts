import { emergencyIdOfStream } from '#domain/names.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema } from '#ports/read-model-store.ts';
import { callIn, feedOf, recordedAtOf, textIn } from '#projections/notice-facts.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * `events`: every event as it is stored. `cause`: the event that led to it, null for what came from outside. `emergency_events`: which events have to do with
 * an emergency, the notices behind it among them. `callers`: which events are about a caller, by the keyed hash of what identifies him. `hours`: the first and
 * the last position of events that were recorded in an hour (hours since 1970 UTC), so that a time leads to a place without an index over every row.
 */
const auditSchema = {
  name: 'audit',
  version: 1,
  large: true,
  tables: {
    events: {
      columns: {
        ...{ position: 'text', stream: 'text', revision: 'integer', id: 'text', type: 'text', created: 'integer' },
        ...{ recorded_at: 'integer', feed: 'text', cause: 'text', data: 'text', metadata: 'text' },
      },
      key: ['position'],
      indexes: [['id'], ['stream', 'position'], ['type', 'position']],
      sparse: [['feed', 'position'], ['cause']],
    },
    emergency_events: { columns: { emergency: 'text', event: 'text' }, key: ['emergency', 'event'] },
    callers: { columns: { token: 'text', event: 'text' }, key: ['token', 'event'] },
    hours: { columns: { hour: 'integer', first: 'text', last: 'text' }, key: ['hour'] },
  },
} as const satisfies ReadModelSchema;

export const hourMs = 3_600_000;

export const auditProjection: Projection = {
  schema: auditSchema,
  batchSize: 250,
  gatherMs: 25,
  async project(events) {
    const changes: Change[] = [];
    const hours = new Map<number, { first: string; last: string }>();
    for (const event of events) {
      const { position, stream, revision, id, type, created, metadata } = event;
      const recordedAt = recordedAtOf(event);
      const causation = textIn(metadata['$causationId']);
      changes.push({
        table: 'events',
        put: {
          ...{ position, stream, revision, id, type, created: Math.trunc(created), recorded_at: recordedAt },
          feed: feedOf(event) ?? null,
          cause: causation === undefined || causation === id ? null : causation,
          ...{ data: JSON.stringify(event.data), metadata: JSON.stringify(metadata) },
        },
      });
      noteParts(event, changes);
      const hour = Math.floor(recordedAt / hourMs);
      const known = hours.get(hour);
      if (known === undefined) hours.set(hour, { first: position, last: position });
      else known.last = position;
    }
    for (const [hour, { first, last }] of hours)
      changes.push({ table: 'hours', put: { hour, first, last }, keep: keepFirst });
    return changes;
  },
};

const keepFirst = ['first'];

function noteParts(event: RecordedEvent, changes: Change[]): void {
  const call = callIn(event);
  const emergency = emergencyIdOfStream(event.stream);
  if (emergency !== undefined) {
    changes.push({ table: 'emergency_events', put: { emergency, event: event.id } });
    const notice = textIn(call?.['noticeId']);
    if (notice !== undefined) changes.push({ table: 'emergency_events', put: { emergency, event: notice } });
  }
  const tokens = call?.['callerTokens'];
  if (!Array.isArray(tokens)) return;
  for (const token of tokens)
    if (typeof token === 'string') changes.push({ table: 'callers', put: { token, event: event.id } });
}
