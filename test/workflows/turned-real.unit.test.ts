import { randomUUID } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import { createLogFollower, type LogFollowerDeps } from '#workflows/log-follower.ts';

/** A Temporal in which every escalation has ended that was ever started, and the log that is followed. */
function ground() {
  const log = createMemoryEventLog();
  const begun: string[] = [];
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
      ...{ client, taskQueue: 'test', pages: true, desired: () => [] },
      clock: { now: () => Date.now(), monotonic: () => 0, sleep: async () => undefined },
      ids: { random: randomUUID, fraction: () => 0 } as unknown as LogFollowerDeps['ids'],
      recordedBy: { role: 'worker', build: 'test' },
    });
    const done = follower.run(ending.signal);
    await eventually('it has caught up', () => follower.health().caughtUp);
    await meanwhile(follower.health);
    ending.abort();
    await done;
  }
  const point = () => JSON.stringify(log.stream('paging').at(-1)?.data['open'] ?? []);
  return { log, begun, follow, readable, point };
}

describe('a call that looked like a test and was paged once', () => {
  async function pagedOnce() {
    const world = ground();
    const id = randomUUID();
    await world.follow(async () => {
      await appendEmergencyEvent(world.log, id, 'EmergencyRaised', { test: true });
      await eventually('the record', () => world.point().includes(id));
    });
    expect(world.begun).toEqual(['test']);
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
