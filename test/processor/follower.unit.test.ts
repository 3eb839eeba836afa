import { expect, it, onTestFinished } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { createFollower, type Stage } from '#processor/follower.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';
import { inboxEvent, noon } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver as deliverTo } from '#test/support/triage.ts';

interface Followed {
  readonly clock: ManualClock;
  /** A message of the hub comes. */
  deliver(): Promise<void>;
  /** Positions of the messages that came. */
  positionOf(n: number): string | undefined;
  /** Positions on record, but for the one with which it became active. */
  recorded(): readonly unknown[];
}

/** Follows a log in memory until the test ends, by a clock that stands still. */
async function follow(stage: Pick<Stage, 'take' | 'dueIn'>): Promise<Followed> {
  const log = createMemoryEventLog();
  const clock = createManualClock(noon);
  const follower = createFollower({
    ...{ log, clock, ids: systemIds, instanceId: 'one', stream: 'stage', type: 'StageAdvanced' },
    metadata: (causation, correlation) => eventMetadata({ role: 'triage', build: 'test' }, 0, correlation, causation),
    stage: { prefixes: [], claimed: () => Promise.resolve(), ...stage },
  });
  const ending = new AbortController();
  const ended = follower.run(ending.signal);
  onTestFinished(() => {
    ending.abort();
    return ended;
  });
  await eventually('it is active', () => follower.caughtUp());
  return {
    clock,
    deliver: () => deliverTo(log, inboxEvent()),
    positionOf: (n) => log.stream('inbox-hub-0')[n]?.position,
    recorded: () =>
      log
        .stream('stage')
        .slice(1)
        .map(({ data }) => data['position']),
  };
}

function messagesIn(events: readonly RecordedEvent[]): number {
  return events.filter(({ stream }) => stream.startsWith('inbox-')).length;
}

it('puts a single call on record at once, and many that follow it together, a quarter of a second later', async () => {
  let taken = 0;
  const { clock, deliver, positionOf, recorded } = await follow({
    take: (events) => {
      const done = messagesIn(events);
      taken += done;
      return Promise.resolve({ done, urgent: done > 0, aborted: false });
    },
  });

  await deliver();
  await eventually('the first is on record', () => recorded().length === 1);
  for (let n = 2; n <= 9; n++) {
    await deliver();
    await eventually('the next is taken', () => taken === n);
  }
  expect(recorded()).toEqual([positionOf(0)]);

  clock.advance(250);
  await eventually('they are on record', () => recorded().length === 2);
  expect(recorded()).toEqual([positionOf(0), positionOf(8)]);
});

it('puts what is not urgent on record after a second, however often the stage asks to be called meanwhile', async () => {
  let taken = 0;
  let calls = 0;
  let now = 0;
  const { clock, deliver, positionOf, recorded } = await follow({
    take: (events) => {
      if (events.length === 0) calls += 1;
      const done = messagesIn(events);
      taken += done;
      return Promise.resolve({ done, urgent: false, aborted: false });
    },
    dueIn: () => Math.max(0, (calls + 1) * 150 - now),
  });

  await deliver();
  await eventually('it is taken', () => taken === 1);
  for (let n = 1; n <= 6; n++) {
    now += 150;
    clock.advance(150);
    await eventually('it is called', () => calls === n);
  }
  expect(recorded()).toEqual([]);

  now += 100;
  clock.advance(100);
  await eventually('it is on record', () => recorded().length === 1);
  expect(recorded()).toEqual([positionOf(0)]);
});
