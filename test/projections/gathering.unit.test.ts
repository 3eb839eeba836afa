import { expect, onTestFinished, test } from 'vitest';
import { createMemoryReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { NewEvent } from '#ports/event-log.ts';
import { emergenciesProjection } from '#projections/emergencies/projection.ts';
import { healthProjection } from '#projections/health/projection.ts';
import type { Projection } from '#projections/projection.ts';
import { createReadModel } from '#projections/read-model.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { act } from '#test/projections/recorded.ts';
import { callReport, inboxEvent, noon, reported } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

/** A read model that follows a log, with a clock that stands still. */
function follow(projection: Projection, inbox: readonly NewEvent[] = []) {
  const clock = createManualClock(noon);
  const log = createMemoryEventLog(clock.now);
  void log.append('inbox-hub-0', 'no-stream', inbox);
  const model = createReadModel({
    ...{ projection, log, clock, stores: createMemoryReadModelFiles() },
    onReport: (report) => {
      throw new Error(JSON.stringify(report));
    },
  });
  const commits: string[] = [];
  model.onCommitted(({ position }) => commits.push(position.slice(-2)));
  const ending = new AbortController();
  const ended = model.run(ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await ended;
    await model.close();
  });
  return { clock, log, commits };
}

const sleeping = ({ clock }: ReturnType<typeof follow>) => eventually('it gathers', () => clock.sleepers() === 1);
const reached = (commits: readonly string[], last: string) =>
  eventually(`a commit at ${last}`, () => commits.at(-1) === last);
let number = 0;
const event = (said: Pick<NewEvent, 'type' | 'data'>): NewEvent => ({
  ...{ id: `id-${++number}`, metadata: eventMetadata({ role: 'triage', build: 'test' }, noon, 'a', 'b') },
  ...said,
});

test('what nobody waits for is committed together once it has gathered', async () => {
  const here = follow(healthProjection);
  const { clock, log, commits } = here;
  await log.append('inbox-hub-0', 'no-stream', [inboxEvent(callReport())]);
  await sleeping(here);
  expect(commits).toEqual(['01']);
  for (let revision = 0; revision < 5; revision++)
    await log.append('inbox-hub-0', revision, [inboxEvent(callReport())]);
  clock.advance(healthProjection.gatherMs ?? 0);
  await sleeping(here);
  expect(commits).toEqual(['01', '06']);
});

test('emergencies are committed at once, whatever the clock does', async () => {
  const { clock, log, commits } = follow(emergenciesProjection);
  await log.append('emergency-a', 'no-stream', [event(act.raised(reported()))]);
  await reached(commits, '01');
  await log.append('emergency-a', 0, [event(act.acknowledged())]);
  await reached(commits, '02');
  expect(clock.sleepers()).toBe(0);
});

test('a log that is read from its beginning waits for nothing', async () => {
  const events = Array.from({ length: 8 }, () => inboxEvent(callReport()));
  const { commits } = follow({ ...healthProjection, batchSize: 2 }, events);
  await reached(commits, '08');
  expect(commits).toEqual(['02', '04', '06', '08']);
});
