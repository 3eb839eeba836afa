import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { describeTemporal, startTemporal, type TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { appendEmergencyEvent, appendReport } from '#test/workflows/emergencies.ts';
import { createWorld } from '#test/workflows/world.ts';
import type { PageMessage } from '#workflows/activities/channels/channel.ts';
import { escalationView, escalationWorkflowId, taskQueue } from '#workflows/contract.ts';
import { createLogFollower } from '#workflows/log-follower.ts';

let temporal: TestTemporal;
const hour = 3_600_000;

describeTemporal('an escalation', () => {
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.stop());

  /** @param answers called before an attempt is accepted */
  async function begin(intervalsMs: readonly number[], answers: (message: PageMessage) => Promise<void>) {
    const sent: PageMessage[] = [];
    const world = createWorld(temporal.address, temporal.namespace, {
      channels: [
        {
          name: 'webhook',
          async send(message) {
            sent.push(message);
            await answers(message);
            return { outcome: 'accepted', detail: 'HTTP 200' };
          },
        },
      ],
    });
    const away = { now: false };
    const { readStream } = world.log;
    Object.assign(world.deps.log, {
      readStream: async (stream: string, options: Parameters<typeof readStream>[1]) =>
        away.now && stream.startsWith('emergency-')
          ? { ok: false, reason: 'unavailable', detail: 'down' }
          : await readStream(stream, options),
    });
    await world.startWorker().running();
    const ending = new AbortController();
    const follower = createLogFollower({
      ...{ log: world.log, client: world.client, taskQueue, clock: systemClock, ids: systemIds, pages: true },
      paging: { rules: { intervalsMs, failedMs: 100 } },
      ...{ recordedBy: { role: 'worker', build: 'test' }, desired: () => [] },
    });
    const done = follower.run(ending.signal);
    onTestFinished(async () => {
      ending.abort();
      await done;
    });
    const id = randomUUID();
    const escalation = world.client.workflow.getHandle(escalationWorkflowId(id));
    const end = async () => {
      await appendEmergencyEvent(world.log, id, 'EmergencyResolved');
      await escalation.result();
    };
    return { log: world.log, sent, id, escalation, away, end };
  }

  it('of a test call that turned real pages at once, louder, and not one interval later', async () => {
    const { log, sent, id, escalation, end } = await begin([hour], async () => undefined);
    await appendEmergencyEvent(log, id, 'EmergencyRaised', { test: true });
    await eventually('the page of a test call', () => sent.length === 1);
    await escalation.result();
    await appendEmergencyEvent(log, id, 'EmergencyEnriched');
    await eventually('the page of a real call', () => sent.length === 2);
    expect(sent[1]).toMatchObject({ test: false, attempt: 2, urgency: 2 });
    await eventually('it is seen', async () => (await escalation.query(escalationView)).attempts === 2);
    await end();
  });

  it('of a real call goes on where a report turns it into a test and another one back while that is paged', async () => {
    const answered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { log, sent, id, escalation, end } = await begin(
      [100, hour],
      async ({ attempt }) => await answered[attempt - 1]?.promise,
    );
    await appendReport(log, id, 'EmergencyRaised', { feed: 'chat', test: false });
    await eventually('the page of a real call', () => sent.length === 1);
    await appendReport(log, id, 'EmergencyEnriched', { feed: 'events', test: true, dialledNumber: '933' });
    answered[0]?.resolve();
    await eventually('the page of a test call', () => sent.length === 2);
    expect(sent[1]).toMatchObject({ test: true });
    await appendReport(log, id, 'EmergencyEnriched', { feed: 'chat', test: false, dialledNumber: '911' });
    await eventually('the escalation knows', async () => {
      const { events } = await escalation.fetchHistory();
      return events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'turnedReal');
    });
    answered[1]?.resolve();
    await eventually('a further page of a real call', () => sent.length === 3);
    expect(sent[2]).toMatchObject({ test: false, attempt: 3 });
    await end();
  });

  it('pages without details at first where the log cannot be read, and soon with them when it can be', async () => {
    const { log, sent, id, away, end } = await begin([hour], async () => {
      away.now = false;
    });
    away.now = true;
    await appendEmergencyEvent(log, id, 'EmergencyRaised');
    await eventually('two pages', () => sent.length === 2);
    expect(sent).toMatchObject([
      { attempt: 1, call: {}, note: expect.stringContaining('cannot be read') },
      { attempt: 2, call: { dialledNumber: '911' } },
    ]);
    await end();
  });

  it('pages on while the log cannot be read, and ends as the log says when it can be', async () => {
    const { log, sent, id, escalation, away, end } = await begin([100], async () => undefined);
    await appendEmergencyEvent(log, id, 'EmergencyRaised');
    await eventually('a page', () => sent.length >= 1);
    away.now = true;
    const blind = await eventually('two pages without details', () => {
      const pages = sent.filter(({ note }) => note !== undefined);
      return pages.length >= 2 && pages;
    });
    expect(blind[1]?.attempt).toBe((blind[0]?.attempt ?? 0) + 1);
    expect(new Set(sent.map((page) => page.id)).size).toBe(sent.length);
    away.now = false;
    await end();
    expect(await escalation.query(escalationView)).toMatchObject({ state: 'resolved' });
  });
});
