import { expect, it, onTestFinished } from 'vitest';
import { createSharedTail } from '#adapters/shared-tail/shared-tail.ts';
import type { NewEvent } from '#ports/event-log.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createReplaceableLog } from '#test/support/replaceable-log.ts';

const event = (id: string): NewEvent => ({ id, type: 'Numbered', data: {}, metadata: {} });
const events = (from: string, count: number) => Array.from({ length: count }, (_, n) => event(`${from}-${n}`));

it('who follows hears of what comes after the log was put back to an earlier state', async () => {
  const { log, putBack } = createReplaceableLog(createMemoryEventLog());
  await log.append('a-1', 'no-stream', events('before', 2000));
  const shared = createSharedTail(log, createManualClock(0));
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
    return shared.close();
  });
  const seen: string[] = [];
  void (async () => {
    for await (const item of shared.subscribe({ signal: stop.signal }))
      if (item.kind === 'events') seen.push(...item.events.map(({ id }) => id));
  })();
  await eventually('he has everything', () => seen.length === 2000);
  await log.append('a-1', 1999, [event('live')]);
  await eventually('he follows', () => seen.at(-1) === 'live');

  const copy = createMemoryEventLog();
  await copy.append('a-1', 'no-stream', events('before', 1));
  putBack(copy);
  let next = 0;
  await eventually('he hears of what comes', async () => {
    await log.append('a-1', next++, [event(`after-${next}`)]);
    return seen.at(-1)?.startsWith('after');
  });
  expect(seen.filter((id) => id === 'live')).toHaveLength(1);
});
