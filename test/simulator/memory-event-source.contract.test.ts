import { systemClock } from '#adapters/system/clock.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { describeEventSource } from '#test/contract/event-source.contract.ts';

describeEventSource('in memory', () => {
  const hub = createMemoryHub({ clock: systemClock, idleMs: 20, maxBatchSize: 100 });
  const source = hub.source();
  const other = hub.source();
  return Promise.resolve({
    source,
    other,
    publish: (partitionId, messages) => Promise.resolve(void hub.publish(partitionId, messages)),
    dispose: async () => {
      await source.close();
      await other.close();
    },
  });
});
