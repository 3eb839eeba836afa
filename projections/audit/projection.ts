import { emergencyIdOfStream } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema } from '#ports/read-model-store.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * `events`: every event of the log as it is stored; `time` is that of its CloudEvent (milliseconds since 1970 UTC, null where it has none), `recorded_at`
 * when the log wrote it, `cause` the event that led to it. `about`: which events have to do with an emergency: those of its stream, and the notices behind
 * them. `callers`: events by the keyed hash of who called.
 */
export const auditSchema = {
  name: 'audit',
  version: 1,
  tables: {
    events: {
      columns: {
        ...{ position: 'text', stream: 'text', revision: 'integer', id: 'text', type: 'text', recorded_at: 'integer' },
        ...{ time: 'integer', feed: 'text', cause: 'text', data: 'text', metadata: 'text' },
      },
      key: ['position'],
      indexes: [['id'], ['type', 'position'], ['stream', 'position'], ['recorded_at'], ['cause']],
    },
    about: { columns: { emergency: 'text', event: 'text' }, key: ['emergency', 'event'] },
    callers: { columns: { token: 'text', position: 'text' }, key: ['token', 'position'] },
  },
} as const satisfies ReadModelSchema;

export const auditProjection: Projection = {
  schema: auditSchema,
  project: async (events) => events.flatMap(changesOf),
};

function changesOf(event: RecordedEvent): Change[] {
  const { position, stream, revision, id, type, created, data, metadata } = event;
  const call = callIn(data);
  const cause = metadata['$causationId'];
  const changes: Change[] = [
    {
      table: 'events',
      put: {
        ...{ position, stream, revision, id, type, recorded_at: created, time: timeOf(data) },
        feed: feedOf(type, call),
        cause: typeof cause === 'string' && cause !== id ? cause : null,
        ...{ data: JSON.stringify(data), metadata: JSON.stringify(metadata) },
      },
    },
  ];
  const emergency = emergencyIdOfStream(stream);
  if (emergency !== undefined) {
    changes.push(about(emergency, id));
    const notice = call?.['noticeId'];
    // The notice may have been another feed's: its own id of the call says nothing about the emergency that it went into.
    if (typeof notice === 'string') changes.push(about(emergency, notice));
  } else if (call !== undefined && typeof call['emergencyId'] === 'string')
    changes.push(about(call['emergencyId'], id));
  for (const token of tokensOf(call)) changes.push({ table: 'callers', put: { token, position } });
  return changes;
}

function about(emergency: string, event: string): Change {
  return { table: 'about', put: { emergency, event } };
}

/** The report in a notice, or in what triage made of it. */
function callIn(data: JsonObject): JsonObject | undefined {
  const inner = data['data'];
  const call = data['call'] ?? (isJsonObject(inner) ? inner['call'] : undefined);
  return isJsonObject(call) ? call : undefined;
}

function timeOf(data: JsonObject): number | null {
  const time = typeof data['time'] === 'string' ? Date.parse(data['time']) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function feedOf(type: string, call: JsonObject | undefined): string | null {
  const feed = call?.['feed'];
  if (feed === 'chat' || feed === 'events') return feed;
  if (type.startsWith('Microsoft.Graph.ChatMessage')) return 'chat';
  return type === 'Microsoft.Graph.EmergencyCallEvent' ? 'events' : null;
}

function tokensOf(call: JsonObject | undefined): readonly string[] {
  const tokens = call?.['callerTokens'];
  return Array.isArray(tokens) ? [...new Set(tokens.filter((token) => typeof token === 'string'))] : [];
}
