import type { EmergencyEvent, ReportedCall } from '#domain/emergency/events.ts';
import { upcast } from '#domain/registry.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';

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
      const call = data['call'];
      if (!isJsonObject(call) || typeof call['noticeId'] !== 'string' || !isCallReport(call)) return undefined;
      return { type, data } as unknown as EmergencyEvent;
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
  const call = isJsonObject(inner) ? inner['call'] : undefined;
  if (call === undefined || call === null) return undefined;
  if (!isJsonObject(call) || !isCallReport(call)) return 'malformed';
  const { enqueuedAt } = event.metadata;
  if (typeof enqueuedAt !== 'string' || Number.isNaN(Date.parse(enqueuedAt))) return 'malformed';
  return { ...call, noticeId: event.id, receivedAt: enqueuedAt } as unknown as ReportedCall;
}

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
