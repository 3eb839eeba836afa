import type { EmergencyEvent, ReportedCall } from '#domain/emergency/events.ts';
import { upcast } from '#domain/registry.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/**
 * A stored event as one of an emergency's; undefined for a type that this build does not know, or data that is not of its shape: whoever reads
 * a stream goes on without it.
 */
export function readEmergencyEvent(stored: {
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}): EmergencyEvent | undefined {
  const { type } = stored;
  const data = upcast(stored);
  switch (type) {
    case 'EmergencyRaised':
    case 'EmergencyEnriched': {
      const call = asCallReport(data['call']);
      if (call === undefined || typeof call['noticeId'] !== 'string') return undefined;
      return { type, data: { ...data, call } } as unknown as EmergencyEvent;
    }
    case 'EmergencyLinked':
      return typeof data['to'] === 'string' ? ({ type, data } as unknown as EmergencyEvent) : undefined;
    case 'EmergencyAcknowledged':
    case 'EmergencyResolved':
      return typeof data['byToken'] === 'string' && typeof data['at'] === 'string'
        ? ({ type, data } as unknown as EmergencyEvent)
        : undefined;
    case 'ResponderPaged':
      return typeof data['attempt'] === 'number' && typeof data['channel'] === 'string'
        ? ({ type, data } as unknown as EmergencyEvent)
        : undefined;
    default:
      return undefined;
  }
}

/** The report in an event of `inbox-*`; undefined where it has none, `malformed` where it has something that is none. */
export function readCallReport(event: {
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}): ReportedCall | 'malformed' | undefined {
  const inner = upcast(event)['data'];
  const stated = isJsonObject(inner) ? inner['call'] : undefined;
  if (stated === undefined || stated === null) return undefined;
  const call = asCallReport(stated);
  if (call === undefined) return 'malformed';
  const { enqueuedAt } = event.metadata;
  if (typeof enqueuedAt !== 'string' || Number.isNaN(Date.parse(enqueuedAt))) return 'malformed';
  return { ...call, noticeId: event.id, receivedAt: enqueuedAt } as unknown as ReportedCall;
}

/** The report that a value is, as far as it is one: what is null, and what is no object where fields belong, counts as absent, so that the call is not missed for it. */
function asCallReport(value: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const isThere = ([name, member]: readonly [string, Json | undefined]) =>
    groups.has(name) ? isJsonObject(member) : member !== null;
  const call = Object.fromEntries(Object.entries(value).filter(isThere));
  return isCallReport(call) ? call : undefined;
}

const groups = new Set(['caller', 'location']);

/** True when everything is there that triage decides by; what is only passed on is not looked at. */
function isCallReport(call: JsonObject): boolean {
  const { feed, emergencyId, confidence, reasons, test, occurredAt, callerTokens, chatToken } = call;
  return (
    (feed === 'chat' || feed === 'events') &&
    typeof emergencyId === 'string' &&
    emergencyId !== '' &&
    (confidence === 'high' || confidence === 'medium' || confidence === 'low') &&
    isTexts(reasons) &&
    typeof test === 'boolean' &&
    (occurredAt === undefined || (typeof occurredAt === 'string' && !Number.isNaN(Date.parse(occurredAt)))) &&
    isTexts(callerTokens) &&
    (chatToken === undefined || typeof chatToken === 'string')
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
