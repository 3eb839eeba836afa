import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createPageActivity } from '#workflows/activities/page.ts';

it('an attempt that cannot be put on record counts as what came of it, so that the next one is made', async () => {
  const log = createMemoryEventLog();
  const emergencyId = randomUUID();
  await appendEmergencyEvent(log, emergencyId, 'EmergencyRaised');
  log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'disk full' });
  let sent = 0;
  const { page } = createPageActivity({
    ...{ log, recordedBy: { role: 'worker', build: 'test' } },
    clock: { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined },
    ids: { fraction: () => 0 },
    sealer: { unseal: async (document: unknown) => document },
    channels: [{ name: 'webhook', send: async () => ({ outcome: 'accepted', detail: `HTTP 20${sent++}` }) }],
  } as unknown as ActivityDeps);
  const done = new MockActivityEnvironment().run(page, { emergencyId, attempt: 1, urgency: 1 });
  expect(await done).toMatchObject({ kind: 'paged', pages: [{ outcome: 'accepted', detail: 'HTTP 200' }] });
  expect(sent).toBe(1);
});
