import { randomUUID } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { appendEmergencyEvent, appendReport } from '#test/workflows/emergencies.ts';
import { createLogFollower, type LogFollowerDeps } from '#workflows/log-follower.ts';

/** A Temporal in which every escalation has ended that was ever started, and the log that is followed. */
function ground() {
  const log = createMemoryEventLog();
  const clock = createManualClock(Date.now());
  const begun: string[] = [];
  const told: string[] = [];
  const known = new Set<string>();
  const begin = async (
    type: string,
    options: { workflowId: string; workflowIdReusePolicy: string; args: object[] },
  ) => {
    const { workflowId, workflowIdReusePolicy, args } = options;
    if (known.has(workflowId) && workflowIdReusePolicy === 'REJECT_DUPLICATE')
      throw new WorkflowExecutionAlreadyStartedError('it ran before', workflowId, type);
    known.add(workflowId);
    begun.push((args[0] as { readonly test: boolean }).test ? 'test' : 'real');
    told.push(workflowId);
  };
  const client = {
    workflow: { start: begin, signalWithStart: begin, getHandle: () => ({ signal: async () => undefined }) },
  } as unknown as Client;
  const readable = { now: true };
  const readStream: LogFollowerDeps['log']['readStream'] = async (stream, options) =>
    readable.now || stream === 'paging'
      ? log.readStream(stream, options)
      : { ok: false, reason: 'unavailable', detail: 'damaged' };

  /** One life of a follower. */
  async function follow(meanwhile: (health: () => { caughtUp: boolean; open: number }) => Promise<void>) {
    const ending = new AbortController();
    const follower = createLogFollower({
      log: { append: log.append, subscribe: log.subscribe, readStream },
      ...{ client, taskQueue: 'test', pages: true, desired: () => [], clock },
      ids: { random: randomUUID, fraction: () => 0 } as unknown as LogFollowerDeps['ids'],
      recordedBy: { role: 'worker', build: 'test' },
    });
    const done = follower.run(ending.signal);
    await eventually('it has caught up', () => follower.health().caughtUp);
    await meanwhile(follower.health);
    ending.abort();
    await done;
  }
  const point = () => log.stream('paging').at(-1)?.data['open'];
  return { log, begun, told, follow, readable, point, clock };
}

describe('a call that looked like a test and was paged once', () => {
  async function pagedOnce() {
    const world = ground();
    const id = randomUUID();
    await world.follow(async () => {
      await appendEmergencyEvent(world.log, id, 'EmergencyRaised', { test: true });
      await eventually('the record', () => world.point() !== undefined);
    });
    expect(world.begun).toEqual(['test']);
    expect(world.point()).toEqual([]);
    return { ...world, id };
  }

  it('is paged as a real one when that was reported while nobody followed', async () => {
    const { log, id, begun, follow } = await pagedOnce();
    await appendEmergencyEvent(log, id, 'EmergencyEnriched');
    await follow(async () => undefined);
    expect(begun).toEqual(['test', 'real']);
  });

  it('is paged as a real one when that is reported to a follower that began later', async () => {
    const { log, id, begun, follow } = await pagedOnce();
    await follow(async () => {
      expect(begun).toEqual(['test']);
      await appendEmergencyEvent(log, id, 'EmergencyEnriched');
      await eventually('a second escalation', () => begun.length === 2);
    });
    expect(begun).toEqual(['test', 'real']);
  });

  it('is looked at, as its like, only when the real ones are paged that were raised meanwhile', async () => {
    const { log, id, told, follow } = await pagedOnce();
    const [test, real, later] = [randomUUID(), randomUUID(), randomUUID()];
    await appendEmergencyEvent(log, test, 'EmergencyRaised', { test: true });
    await appendEmergencyEvent(log, real, 'EmergencyRaised');
    await appendEmergencyEvent(log, later, 'EmergencyRaised');
    await follow(async () => undefined);
    expect(told).toEqual([id, later, real, test].map((each) => `escalation/${each}`));
  });

  it('is paged no more where further reports say the same', async () => {
    const { log, id, begun, follow } = await pagedOnce();
    await follow(async () => {
      await appendEmergencyEvent(log, id, 'EmergencyEnriched', { test: true });
      const other = randomUUID();
      await appendEmergencyEvent(log, other, 'EmergencyRaised');
      await eventually('what came after', () => begun.length === 2);
    });
    expect(begun).toEqual(['test', 'real']);
  });
});

describe('an emergency that nobody has acted on', () => {
  it('is paged on where one report took it for a test and the next one did not', async () => {
    const { log, begun, follow, point } = ground();
    const id = randomUUID();
    await follow(async () => {
      await appendReport(log, id, 'EmergencyRaised', { feed: 'chat', test: false });
      await eventually('an escalation', () => begun.length === 1);
      await appendReport(log, id, 'EmergencyEnriched', { feed: 'events', test: true, dialledNumber: '933' });
      await eventually('it counts as a test', () => JSON.stringify(point()) === '[]');
      await appendReport(log, id, 'EmergencyEnriched', { feed: 'chat', test: false, dialledNumber: '911' });
      await eventually('a second escalation', () => begun.length === 2);
    });
    expect(begun).toEqual(['real', 'real']);
  });

  it('is paged on within minutes when somebody ended its escalation by hand', async () => {
    const { log, begun, follow, clock } = ground();
    const id = randomUUID();
    await follow(async () => {
      await appendEmergencyEvent(log, id, 'EmergencyRaised');
      await eventually('an escalation', () => begun.length === 1);
      clock.advance(180_000);
      await eventually('a second escalation', () => begun.length === 2);
      await appendEmergencyEvent(log, id, 'EmergencyAcknowledged');
      await appendEmergencyEvent(log, randomUUID(), 'EmergencyRaised', { test: true });
      await eventually('what came after', () => begun.length === 3);
      clock.advance(180_000);
    });
    expect(begun).toEqual(['real', 'real', 'test']);
  });

  it('is paged again where it is raised a second time, as in a log that was restored from an older copy', async () => {
    const { log, begun, follow } = ground();
    const id = randomUUID();
    await follow(async () => {
      await appendEmergencyEvent(log, id, 'EmergencyRaised');
      await eventually('an escalation', () => begun.length === 1);
      await appendEmergencyEvent(log, id, 'EmergencyRaised');
      await eventually('a second escalation', () => begun.length === 2);
      await appendEmergencyEvent(log, id, 'EmergencyAcknowledged');
      await appendEmergencyEvent(log, id, 'EmergencyRaised');
      await appendEmergencyEvent(log, randomUUID(), 'EmergencyRaised', { test: true });
      await eventually('what came after', () => begun.length === 3);
    });
    expect(begun).toEqual(['real', 'real', 'test']);
  });

  it('is paged on after a restart, whatever ended its escalation', async () => {
    const { log, begun, follow } = ground();
    await follow(async () => {
      await appendEmergencyEvent(log, randomUUID(), 'EmergencyRaised');
      await eventually('an escalation', () => begun.length === 1);
    });
    await follow(async () => undefined);
    expect(begun).toEqual(['real', 'real']);
  });

  it('is paged on though its stream cannot be read: that holds up no other', async () => {
    const { log, begun, follow, readable } = ground();
    for (const _ of [1, 2]) await appendEmergencyEvent(log, randomUUID(), 'EmergencyRaised');
    readable.now = false;
    await follow(async () => undefined);
    expect(begun).toEqual(['real', 'real']);
  });
});
