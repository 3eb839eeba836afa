import { expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { createFollower } from '#processor/follower.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { inboxEvent, noon } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver } from '#test/support/triage.ts';

it('puts a single call on record at once, and many that follow it together, a quarter of a second later', async () => {
  const log = createMemoryEventLog();
  const clock = createManualClock(noon);
  let taken = 0;
  const follower = createFollower({
    ...{ log, clock, ids: systemIds, instanceId: 'one', stream: 'stage', type: 'StageAdvanced' },
    metadata: (causation, correlation) => eventMetadata({ role: 'triage', build: 'test' }, 0, correlation, causation),
    stage: {
      prefixes: [],
      claimed: () => Promise.resolve(),
      take: (events) => {
        const done = events.filter(({ stream }) => stream.startsWith('inbox-')).length;
        taken += done;
        return Promise.resolve({ done, urgent: done > 0, aborted: false });
      },
    },
  });
  const recorded = () =>
    log
      .stream('stage')
      .slice(1)
      .map(({ data }) => data['position']);
  const positionOf = (n: number) => log.stream('inbox-hub-0')[n]?.position;
  const ending = new AbortController();
  const ended = follower.run(ending.signal);
  await eventually('it is active', () => follower.caughtUp());

  await deliver(log, inboxEvent());
  await eventually('the first is on record', () => recorded().length === 1);
  for (let n = 2; n <= 9; n++) {
    await deliver(log, inboxEvent());
    await eventually('the next is taken', () => taken === n);
  }
  expect(recorded()).toEqual([positionOf(0)]);

  clock.advance(250);
  await eventually('they are on record', () => recorded().length === 2);
  expect(recorded()).toEqual([positionOf(0), positionOf(8)]);
  ending.abort();
  await ended;
});
