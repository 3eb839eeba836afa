import { streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema } from '#ports/read-model-store.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * What the log itself says about how well the feeds work; lag, ages and rates are no part of it, they come from the running roles.
 *
 * `counters`: notices by stream (one for each partition), type, feed (empty where none is known) and how their content came. `latest`: the last notice of a
 * kind: `feed`, `type`, `partition`; `at` is when the hub got it (milliseconds since 1970 UTC). `referred`: what was only named and was not fetched yet, by
 * the id of its CloudEvent.
 */
export const healthSchema = {
  name: 'health',
  version: 1,
  tables: {
    counters: {
      columns: { stream: 'text', type: 'text', feed: 'text', content: 'text', count: 'integer' },
      key: ['stream', 'type', 'feed', 'content'],
    },
    latest: {
      columns: { kind: 'text', name: 'text', at: 'integer', event: 'text', position: 'text' },
      key: ['kind', 'name'],
    },
    referred: {
      columns: { id: 'text', event: 'text', stream: 'text', why: 'text', at: 'integer' },
      key: ['id'],
    },
  },
} as const satisfies ReadModelSchema;

export const healthProjection: Projection = {
  schema: healthSchema,
  filter: { by: 'stream-prefix', prefixes: [streamPrefixes.inbox] },
  async project(events) {
    const counts = new Map<string, { readonly key: Counted; count: number }>();
    const latest = new Map<string, Change>();
    const referred: Change[] = [];
    for (const event of events) {
      if (!event.stream.startsWith(streamPrefixes.inbox)) continue;
      const key = counted(event);
      const name = JSON.stringify(key);
      const known = counts.get(name);
      if (known === undefined) counts.set(name, { key, count: 1 });
      else known.count++;
      for (const [kind, of] of [
        ['feed', key.feed],
        ['type', key.type],
        ['partition', key.stream],
      ] as const) {
        if (of === '') continue;
        const put = { kind, name: of, at: enqueuedAt(event), event: event.id, position: event.position };
        latest.set(`${kind} ${of}`, { table: 'latest', put });
      }
      referred.push(...referredBy(event, key.content));
    }
    const added = [...counts.values()].map(
      ({ key, count }): Change => ({ table: 'counters', key: { ...key }, add: { count } }),
    );
    return [...added, ...latest.values(), ...referred];
  },
};

interface Counted {
  readonly stream: string;
  readonly type: string;
  readonly feed: string;
  readonly content: string;
}

function counted({ stream, type, data }: RecordedEvent): Counted {
  const content = data['tocsincontent'];
  return { stream, type, feed: feedOf(type, data), content: typeof content === 'string' ? content : '' };
}

function feedOf(type: string, data: JsonObject): string {
  const inner = data['data'];
  const call = isJsonObject(inner) ? inner['call'] : undefined;
  const feed = isJsonObject(call) ? call['feed'] : undefined;
  if (feed === 'chat' || feed === 'events') return feed;
  if (type.startsWith('Microsoft.Graph.ChatMessage')) return 'chat';
  return type === 'Microsoft.Graph.EmergencyCallEvent' ? 'events' : '';
}

/** A notice that only names its content waits until a recovered one carries the same CloudEvent id. */
function referredBy(event: RecordedEvent, content: string): Change[] {
  const { data } = event;
  const id = data['id'];
  if (typeof id !== 'string') return [];
  if (data['tocsinrecovered'] === true) return [{ table: 'referred', delete: { id } }];
  if (content !== 'referred') return [];
  const inner = data['data'];
  const reference = isJsonObject(inner) ? inner['reference'] : undefined;
  const why = isJsonObject(reference) && typeof reference['blobId'] === 'string' ? 'blob' : 'basic';
  return [{ table: 'referred', put: { id, event: event.id, stream: event.stream, why, at: enqueuedAt(event) } }];
}

function enqueuedAt({ metadata, created }: RecordedEvent): number {
  const at = typeof metadata['enqueuedAt'] === 'string' ? Date.parse(metadata['enqueuedAt']) : Number.NaN;
  return Number.isNaN(at) ? created : at;
}
