import type { ReportedCall } from '#domain/emergency/events.ts';
import { emergencyStream } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { inboxEvent, noon, reported, sealed } from '#test/support/calls.ts';

/** Events as a log hands them out, numbered in the order in which they are made. */
export function createRecorder() {
  let last = 0;
  const revisions = new Map<string, number>();
  return function record(stream: string, event: Pick<NewEvent, 'type' | 'data'> & Partial<NewEvent>): RecordedEvent {
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    last++;
    return {
      id: `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`,
      metadata: { recordedAt: new Date(noon + last * 1000).toISOString() },
      ...event,
      ...{ stream, revision, position: String(last).padStart(20, '0'), created: noon + last * 1000 },
    };
  };
}

/** Events of one emergency, ready to be appended. */
export const act = {
  raised: (call: ReportedCall): Pick<NewEvent, 'type' | 'data'> => ({
    type: 'EmergencyRaised',
    data: { call } as unknown as JsonObject,
  }),
  enriched: (call: ReportedCall): Pick<NewEvent, 'type' | 'data'> => ({
    type: 'EmergencyEnriched',
    data: { call, match: 'same-provider-id' } as unknown as JsonObject,
  }),
  linked: (to: string): Pick<NewEvent, 'type' | 'data'> => ({ type: 'EmergencyLinked', data: { to, why: 'redial' } }),
  acknowledged: (): Pick<NewEvent, 'type' | 'data'> => ({
    type: 'EmergencyAcknowledged',
    data: {
      by: sealed('a#/by'),
      byToken: 'ben',
      at: '2026-11-21T14:06:00.000Z',
      from: 'desk',
    } as unknown as JsonObject,
  }),
  resolved: (): Pick<NewEvent, 'type' | 'data'> => ({
    type: 'EmergencyResolved',
    data: {
      ...{ by: sealed('r#/by'), byToken: 'ben', at: '2026-11-21T14:09:00.000Z', from: 'cli' },
      ...{ disposition: 'misdial', note: sealed('r#/note') },
    } as unknown as JsonObject,
  }),
};

/** A notice, the emergency that is raised of it, and what became of that. */
export function callStory(record: ReturnType<typeof createRecorder>, call: string): RecordedEvent[] {
  const report = reported({ call });
  const stream = emergencyStream(report.emergencyId);
  const { noticeId, receivedAt, ...plain } = report;
  const notice = record('inbox-hub-0', inboxEvent(plain, { enqueuedAt: receivedAt }));
  const raised = record(stream, {
    ...act.raised({ ...report, noticeId: notice.id }),
    metadata: { $causationId: notice.id, recordedAt: receivedAt },
  });
  return [notice, raised, record(stream, act.acknowledged()), record(stream, act.resolved())];
}
