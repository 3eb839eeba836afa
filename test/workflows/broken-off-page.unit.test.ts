import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createPageActivity } from '#workflows/activities/page.ts';

/** An attempt that is broken off while the receiver has not answered. @param meanwhile what happens before it is */
async function breakOff(meanwhile?: 'EmergencyAcknowledged') {
  const log = createMemoryEventLog();
  const emergencyId = randomUUID();
  await appendEmergencyEvent(log, emergencyId, 'EmergencyRaised');
  const environment = new MockActivityEnvironment();
  const { page } = createPageActivity({
    ...{ log, clock: { now: () => Date.UTC(2026, 0, 1) }, recordedBy: { role: 'worker', build: 'test' } },
    sealer: { unseal: async (document: unknown) => document },
    channels: [
      {
        name: 'webhook',
        async send(_: unknown, signal: AbortSignal) {
          if (meanwhile !== undefined) await appendEmergencyEvent(log, emergencyId, meanwhile);
          environment.cancel('WORKER_SHUTDOWN');
          return { outcome: signal.aborted ? 'cancelled' : 'accepted', detail: 'somebody acted meanwhile' };
        },
      },
    ],
  } as unknown as ActivityDeps);
  const done = environment.run(page, { emergencyId, attempt: 1, urgency: 1 });
  const paged = () => log.stream(`emergency-${emergencyId}`).filter(({ type }) => type === 'ResponderPaged');
  return { done, outcomes: () => paged().map(({ data }) => data['outcome']) };
}

describe('an attempt to page that is broken off', () => {
  it('because its worker ends is made again, and nothing false is on record', async () => {
    const { done, outcomes } = await breakOff();
    await expect(done).rejects.toMatchObject({ type: 'worker-called-off', nonRetryable: false });
    expect(outcomes()).toEqual([]);
  });

  it('because somebody acted is on record as that', async () => {
    const { done, outcomes } = await breakOff('EmergencyAcknowledged');
    expect(await done).toMatchObject({ kind: 'paged', pages: [{ outcome: 'cancelled' }] });
    expect(outcomes()).toEqual(['cancelled']);
  });
});
