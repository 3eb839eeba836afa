import type { Feed } from '#domain/notices/item.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

/** `data.data` of an event of `inbox-*`: what stands in the CloudEvent. */
function innerOf(event: RecordedEvent): JsonObject | undefined {
  const inner = event.data['data'];
  return isJsonObject(inner) ? inner : undefined;
}

/** The report that an event holds: of `inbox-*` in the CloudEvent, of `emergency-*` in its data. */
export function callIn(event: RecordedEvent): JsonObject | undefined {
  const call = event.data['call'] ?? innerOf(event)?.['call'];
  return isJsonObject(call) ? call : undefined;
}

/** The feed that an event came on; undefined where it is about none, or does not say. */
export function feedOf(event: RecordedEvent): Feed | undefined {
  const named = callIn(event)?.['feed'];
  if (named === 'chat' || named === 'events') return named;
  const kind = innerOf(event)?.['kind'];
  if (kind === 'chat-message' || event.type.startsWith('Microsoft.Graph.ChatMessage')) return 'chat';
  if (kind === 'emergency-call' || event.type === 'Microsoft.Graph.EmergencyCallEvent') return 'events';
  return undefined;
}

/** Milliseconds since 1970 UTC that a text means; undefined for what is no time. */
export function timeIn(value: Json | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

/** When an event was recorded, by the clock of who wrote it, else by the log's; milliseconds since 1970 UTC. */
export function recordedAtOf(event: Pick<RecordedEvent, 'metadata' | 'created'>): number {
  return timeIn(event.metadata['recordedAt']) ?? event.created;
}

export function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
