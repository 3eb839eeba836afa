import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import type { PageMessage } from '#workflows/activities/channels/channel.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createPageActivity } from '#workflows/activities/page.ts';
import type { Activities } from '#workflows/definitions/activities.ts';

type Failure = { readonly ok: false; readonly reason: 'unavailable' | 'stream-not-found'; readonly detail: string };

/** Attempts to page for one call, and what goes out. */
function ground() {
  const log = createMemoryEventLog();
  const emergencyId = randomUUID();
  const sent: PageMessage[] = [];
  /** What the log answers to who reads. */
  const reading: { fault: Failure | undefined; times: number } = { fault: undefined, times: Number.POSITIVE_INFINITY };
  const { page } = createPageActivity({
    log: {
      append: log.append,
      readStream: async (stream: string, options: never) => {
        if (reading.fault === undefined || reading.times <= 0) return await log.readStream(stream, options);
        reading.times -= 1;
        return reading.fault;
      },
    },
    ...{ recordedBy: { role: 'worker', build: 'test' }, ids: { fraction: () => 0 } },
    clock: { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined },
    sealer: { unseal: async (document: unknown) => document },
    channels: [
      {
        name: 'webhook',
        async send(message: PageMessage) {
          sent.push(message);
          return { outcome: 'accepted', detail: 'HTTP 200' };
        },
      },
    ],
  } as unknown as ActivityDeps);
  /** @param run of the workflow that asks */
  const attempt = (run: string, number: number, more: Partial<Parameters<Activities['page']>[0]> = {}) =>
    new MockActivityEnvironment({ workflowExecution: { workflowId: 'escalation', runId: run } }).run(page, {
      ...{ emergencyId, attempt: number, urgency: number, test: false, ...more },
    });
  const raised = (test = false) => appendEmergencyEvent(log, emergencyId, 'EmergencyRaised', { test });
  const said = (type: 'EmergencyEnriched' | 'EmergencyAcknowledged') => appendEmergencyEvent(log, emergencyId, type);
  const onRecord = () => log.stream(`emergency-${emergencyId}`).filter(({ type }) => type === 'ResponderPaged');
  return { attempt, raised, said, sent, reading, onRecord };
}

describe('the first attempt of an escalation that begins anew', () => {
  it('goes out at once, louder, and is counted on from those on record', async () => {
    const { attempt, raised, sent, onRecord } = ground();
    await raised();
    for (const number of [1, 2]) await attempt('one', number, { begins: number === 1 });
    expect(await attempt('two', 1, { begins: true })).toMatchObject({ kind: 'paged', attempt: 3 });
    expect(sent.map(({ attempt: number, urgency }) => [number, urgency])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(onRecord().map(({ data }) => data['attempt'])).toEqual([1, 2, 3]);
  });

  it('is not sent twice where its worker died before it could say so', async () => {
    const { attempt, raised, sent } = ground();
    await raised();
    await attempt('one', 1, { begins: true });
    for (const _ of [1, 2]) expect(await attempt('two', 1, { begins: true })).toMatchObject({ attempt: 2 });
    expect(sent.map(({ attempt: number }) => number)).toEqual([1, 2]);
  });
});

it('An attempt that was sent as a test is made again, and no receiver knows it, where the call turned real meanwhile', async () => {
  const { attempt, raised, said, sent, onRecord } = ground();
  await raised(true);
  await attempt('one', 1, { begins: true, test: true });
  await said('EmergencyEnriched');
  expect(await attempt('one', 1, { begins: true, test: true })).toMatchObject({ kind: 'paged', test: false });
  expect(sent.map(({ test }) => test)).toEqual([true, false]);
  expect(sent[0]?.id).not.toBe(sent[1]?.id);
  expect(onRecord().map(({ data }) => data['test'])).toEqual([true, false]);
});

describe('while the log cannot be read', () => {
  const away: Failure = { ok: false, reason: 'unavailable', detail: 'down' };
  const missing: Failure = { ok: false, reason: 'stream-not-found', detail: '' };

  it('people are paged without details, as loudly as the attempt is, and told that nobody knows whether somebody acted', async () => {
    const { attempt, raised, sent, reading } = ground();
    await raised();
    await attempt('one', 1, { begins: true });
    reading.fault = away;
    expect(await attempt('one', 2)).toMatchObject({ kind: 'paged', unread: true, pages: [{ outcome: 'accepted' }] });
    expect(sent[1]).toMatchObject({ attempt: 2, urgency: 2, test: false, call: {} });
    expect(sent[1]?.note).toMatch(/cannot be read.*whether somebody has acted already is not known/);
    expect(JSON.stringify(sent[1])).not.toMatch(/canary|\$sealed/);
  });

  it('it is asked a second time before details are left out', async () => {
    const { attempt, raised, sent, reading } = ground();
    await raised();
    Object.assign(reading, { fault: away, times: 1 });
    expect(await attempt('one', 1, { begins: true })).toMatchObject({ kind: 'paged', attempt: 1 });
    expect(sent[0]?.call).not.toEqual({});
    expect(sent[0]?.note).toBeUndefined();
  });

  it('a call that was last known as a test is paged as one', async () => {
    const { attempt, sent, reading } = ground();
    reading.fault = away;
    expect(await attempt('one', 1, { test: true })).toMatchObject({ test: true });
    expect(sent[0]).toMatchObject({ test: true });
  });

  it('the attempt that can read it again counts on from those on record', async () => {
    const { attempt, raised, sent, reading } = ground();
    await raised();
    await attempt('one', 1, { begins: true });
    reading.fault = away;
    await attempt('two', 1, { begins: true });
    reading.fault = undefined;
    expect(await attempt('two', 2, { begins: true })).toMatchObject({ attempt: 3 });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
  });

  it('one that does not have the call, as a restored one, ends no escalation, and nothing is written to it', async () => {
    const { attempt, sent, reading, onRecord } = ground();
    reading.fault = missing;
    expect(await attempt('one', 3)).toMatchObject({ kind: 'paged', unread: true });
    expect(sent).toMatchObject([{ attempt: 3, urgency: 3, call: {} }]);
    expect(onRecord()).toEqual([]);
  });

  it('nobody is paged who cannot be told whether it is a test: that is tried again', async () => {
    const { attempt, sent, reading } = ground();
    reading.fault = away;

    await expect(attempt('one', 1, { test: undefined as never })).rejects.toMatchObject({ type: 'log-away' });
    expect(sent).toEqual([]);
  });

  it('nobody is paged once it says that somebody acted', async () => {
    const { attempt, raised, said, sent } = ground();
    await raised();
    await said('EmergencyAcknowledged');
    expect(await attempt('one', 2)).toEqual({ kind: 'not-needed', status: 'acknowledged' });
    expect(sent).toEqual([]);
  });
});
