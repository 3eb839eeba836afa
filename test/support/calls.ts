import type { ReportedCall } from '#domain/emergency/events.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { emergencyIdOf, inboxEventId } from '#domain/names.ts';
import type { CallReport } from '#domain/notices/item.ts';
import type { SealedValue } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';

/** Five past two on a day in November, UTC. */
export const noon = Date.parse('2026-11-21T14:05:00.000Z');

export function at(seconds: number): string {
  return new Date(noon + seconds * 1000).toISOString();
}

let boxes = 0;
/** A sealed value; like real ones, never the same twice. */
export function sealed(of: string, as: SealedValue['as'] = 'string'): SealedValue {
  return { $sealed: 1, key: 'key-1', of, as, box: `box-${boxes++}` };
}

export const tenant = '00000000-0000-0000-0000-0000000000aa';

/** A report as ingest stores it: complete on the events feed, text alone on the chat feed. */
export function callReport(
  more: Partial<CallReport<SealedValue>> & { readonly call?: string } = {},
): CallReport<SealedValue> {
  const { call = 'call-1', ...rest } = more;
  const feed = rest.feed ?? 'events';
  const common = {
    feed,
    emergencyId: emergencyIdOf(feed, tenant, call),
    confidence: 'high' as const,
    test: false,
    occurredAt: at(0),
    callerTokens: ['token-ana'],
  };
  if (feed === 'chat')
    return { ...common, reasons: ['known-phrase', 'important-message'], text: sealed('x#/text'), ...rest };
  return {
    ...common,
    reasons: ['emergency-event'],
    dialledNumber: '911',
    policy: 'EmergencyPolicy',
    callEventType: 'callStarted',
    caller: { name: sealed('x#/name'), upn: sealed('x#/upn') },
    location: { street: sealed('x#/street'), city: sealed('x#/city') },
    ...rest,
  };
}

export function reported(more: Parameters<typeof callReport>[0] & Partial<ReportedCall> = {}): ReportedCall {
  const { noticeId = inboxEventId('hub@1', '0', nextSequence++, 0), receivedAt = at(1), contentToken, ...rest } = more;
  const token = contentToken === undefined ? {} : { contentToken };
  return { ...callReport(rest), noticeId, receivedAt, ...token };
}

let nextSequence = 0;

/** An event of `inbox-*` as ingest appends it. `call` absent: something else than an emergency. */
export function inboxEvent(
  call?: CallReport<SealedValue>,
  more: Partial<NewEvent> & { readonly enqueuedAt?: string } = {},
): NewEvent {
  const sequenceNumber = nextSequence++;
  const { enqueuedAt = at(1), ...rest } = more;
  const id = rest.id ?? inboxEventId('hub@1', '0', sequenceNumber, 0);
  const events = call?.feed === 'events';
  return {
    id,
    type: events ? 'Microsoft.Graph.EmergencyCallEvent' : 'Microsoft.Graph.ChatMessageCreated',
    data: {
      specversion: '1.0',
      id,
      source: `/tenants/${tenant}/subscriptions/1`,
      type: events ? 'Microsoft.Graph.EmergencyCallEvent' : 'Microsoft.Graph.ChatMessageCreated',
      time: enqueuedAt,
      tocsincontent: call === undefined ? 'minimised' : 'encrypted',
      data: (call === undefined ? { notice: {} } : { notice: {}, call }) as unknown as JsonObject,
    },
    metadata: {
      ...eventMetadata({ role: 'ingest', build: 'test' }, Date.parse(enqueuedAt), call?.emergencyId ?? id, id),
      ...{
        incarnation: 'hub@1',
        partition: '0',
        offset: String(sequenceNumber),
        sequenceNumber,
        enqueuedAt,
        index: 0,
        count: 1,
      },
    },
    ...rest,
  };
}
