import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';
import { describeEventSource } from '#test/contract/event-source.contract.ts';

const quick: Partial<EventHubsTuning> = { maxWaitMs: 100, watchdogMs: 200, silenceMs: 200, tickMs: 20 };

describeEventSource('Event Hubs over AMQP', async () => {
  const simulator = await createEventHubsSimulator({
    port: 0,
    hubs: [{ name: 'notices', partitions: 2 }],
    storage: { kind: 'memory' },
    sas: { keyName: 'test', key: 'secret' },
    clock: systemClock,
  });
  const settings = {
    connection: { kind: 'connection-string', value: simulator.connectionString },
    hub: 'Notices',
    transport: 'amqp',
    clock: systemClock,
  } as const;
  const open = () => createEventHubsSource({ ...settings, consumerGroup: '$Default', tuning: quick });
  const [source, other, publisher] = [open(), open(), createEventHubsPublisher(settings)];
  return {
    source,
    other,
    publish: async (partitionId, messages) => {
      const result = await publisher.publish(messages, { partitionId });
      if (!result.ok) throw new Error(result.detail);
    },
    dispose: async () => {
      await Promise.all([source.close(), other.close(), publisher.close()]);
      await simulator.close();
    },
  };
});
