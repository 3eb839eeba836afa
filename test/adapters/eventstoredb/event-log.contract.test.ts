import { describe, it } from 'vitest';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { startStack } from '#test/adapters/eventstoredb/stack.ts';
import { describeEventLog } from '#test/contract/event-log.contract.ts';

describeEventLog('EventStoreDB, simulated', async () => {
  const stack = await startStack();
  return { log: await stack.open(), dispose: stack.close };
});

const realServer = process.env['TOCSIN_TEST_EVENTSTOREDB'];

if (realServer === undefined || realServer === '') {
  describe('event log: EventStoreDB, real', () => {
    it('does all of this as well', ({ skip }) =>
      skip('TOCSIN_TEST_EVENTSTOREDB names no server (esdb://host:2113?tls=false)'));
  });
} else {
  describeEventLog('EventStoreDB, real', async () => {
    const log = await createEventStoreDbLog({ connectionString: realServer, clock: systemClock, ids: systemIds });
    return { log, dispose: () => log.close() };
  });
}
