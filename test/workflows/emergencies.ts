import type { JsonObject } from '#kernel/json.ts';
import type { EventLog } from '#ports/event-log.ts';

const sealed = (of: string) => ({ $sealed: 1, key: 'k', of, as: 'string', box: 'canary-person' });

let appended = 0;

/** Appends an event to the stream of an emergency. */
export async function appendEmergencyEvent(
  log: Pick<EventLog, 'append' | 'readStream'>,
  emergencyId: string,
  type: 'EmergencyRaised' | 'EmergencyEnriched' | 'EmergencyAcknowledged' | 'EmergencyResolved',
  options: { readonly test?: boolean } = {},
): Promise<void> {
  await append(log, emergencyId, type, () => dataOf(type, emergencyId, options.test ?? false));
}

/** Appends a report of one feed that says what is asked of it, the number only where it is named. */
export async function appendReport(
  log: Pick<EventLog, 'append' | 'readStream'>,
  emergencyId: string,
  type: 'EmergencyRaised' | 'EmergencyEnriched',
  says: { readonly feed: 'chat' | 'events'; readonly test: boolean; readonly dialledNumber?: string },
): Promise<void> {
  await append(log, emergencyId, type, () => {
    const { dialledNumber: _, ...call } = dataOf(type, emergencyId, says.test)['call'] as JsonObject;
    return { call: { ...call, ...says } };
  });
}

async function append(
  log: Pick<EventLog, 'append' | 'readStream'>,
  emergencyId: string,
  type: string,
  data: () => JsonObject,
): Promise<void> {
  const stream = `emergency-${emergencyId}`;
  for (;;) {
    appended += 1;
    const tail = await log.readStream(stream, { direction: 'backwards', limit: 1 });
    const last = tail.ok ? tail.events[0] : undefined;
    const result = await log.append(stream, last?.revision ?? 'no-stream', [
      { id: idOf(8), type, data: data(), metadata: { schemaVersion: 1 } },
    ]);
    if (result.ok) return;
  }
}

/** Of the event that was appended last (8), or of the notice behind it (9). */
function idOf(variant: 8 | 9): string {
  return `00000000-0000-4000-${variant}000-${String(appended).padStart(12, '0')}`;
}

function dataOf(type: string, emergencyId: string, test: boolean): JsonObject {
  const at = '2026-01-01T00:00:00.000Z';
  if (type === 'EmergencyRaised' || type === 'EmergencyEnriched') {
    const noticeId = idOf(9);
    return {
      call: {
        ...{ feed: 'events', emergencyId, confidence: 'high', reasons: [], test, occurredAt: at, callerTokens: [] },
        ...{ noticeId, receivedAt: at },
        ...{ caller: { name: sealed(`${noticeId}#/data/call/caller/name`) }, dialledNumber: test ? '933' : '911' },
      },
    };
  }
  return { by: sealed(`${idOf(8)}#/by`), byToken: 'token', at, from: 'desk', disposition: 'real' };
}
