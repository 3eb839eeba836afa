import { expect, it, onTestFinished } from 'vitest';
import { createListening } from '#cli/roles/listening.ts';
import type { EventSource } from '#ports/event-source.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

/** A process that looks at what another one reads, which renews its claims whatever the hub does. */
async function setUp(own: boolean, aheadMs = 0) {
  const clock = createManualClock(start);
  const log = createMemoryEventLog(clock.now);
  const answers = { hub: true, log: true };
  const silent = { ok: false, reason: 'unavailable', detail: 'no answer' } as const;
  const source: Pick<EventSource, 'partition'> = {
    partition: async (partitionId) =>
      answers.hub
        ? {
            ok: true,
            partition: {
              ...{ partitionId, beginningSequenceNumber: 0, lastEnqueuedSequenceNumber: -1 },
              ...{ lastEnqueuedOffset: '', lastEnqueuedAt: undefined, isEmpty: true },
            },
          }
        : silent,
  };
  const describe: EventSource['describe'] = async () =>
    answers.hub
      ? { ok: true, hub: { namespace: 'n', hub: 'hub', partitionIds: ['0', '1'], createdAt: start } }
      : silent;
  const claim = (partitionId: string) => ({
    partitionId,
    ownerId: 'them',
    etag: 'e',
    claimedAt: clock.now() + aheadMs,
  });
  const listening = createListening({
    clock,
    ...(own ? { own: () => [] } : {}),
    elsewhere: {
      ...{ hub: 'hub', source: own ? source : { ...source, describe } },
      ownership: {
        list: async () => [claim('0'), claim('1')],
        claim: async () => [],
        release: async () => {},
        close: async () => {},
      },
      log: { readStream: async (...given) => (answers.log ? log.readStream(...given) : silent) },
    },
  });
  const stop = new AbortController();
  const ended = listening.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  await eventually('a look', () => clock.sleepers() === 1);
  return {
    ...{ listening, answers },
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        await eventually('the next look', () => clock.sleepers() === 1);
      }
    },
  };
}

it.each([
  ['a desk by itself', false],
  ['a process that reads other partitions', true],
])('%s does not take claims for a proof while the hub does not answer', async (_, own) => {
  const { listening, answers, pass } = await setUp(own);
  await pass(9);
  expect(listening.state()).toMatchObject({ ok: true });
  answers.hub = false;
  await pass(14);
  expect(listening.state()).toMatchObject({ ok: true });
  await pass(4);
  expect(listening.state()).toMatchObject({ ok: false, cause: 'hub-unreachable', lastProofAt: start + 9000 });
  await pass(60);
  expect(listening.state()).toMatchObject({ ok: false, lastProofAt: start + 9000 });
  answers.hub = true;
  await pass(3);
  expect(listening.state()).toMatchObject({ ok: true });
});

it('a claim counts however far the clock of whoever keeps it is ahead of ours', async () => {
  const { listening, pass } = await setUp(false, 60_000);
  await pass(6);
  expect(listening.state()).toMatchObject({ ok: true });
});

it('a log that does not say how far the hub was read proves nothing either', async () => {
  const { listening, answers, pass } = await setUp(false);
  await pass(9);
  answers.log = false;
  await pass(20);
  expect(listening.state()).toMatchObject({ ok: false, cause: 'event-log-unreachable' });
});
