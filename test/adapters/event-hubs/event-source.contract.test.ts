import { startSimulatedHub, type Way } from '#test/adapters/event-hubs/simulated-hub.ts';
import { describeEventSource } from '#test/contract/event-source.contract.ts';

const ways: readonly (readonly [string, Way])[] = [
  ['Event Hubs over AMQP with a connection string', 'amqp'],
  ['Event Hubs over AMQP and TLS with an Entra token', 'amqp-tls-token'],
  ['Event Hubs over WebSockets', 'amqp-websockets'],
];

for (const [name, way] of ways) {
  describeEventSource(name, async () => {
    const hub = await startSimulatedHub(way);
    return {
      source: hub.source(),
      other: hub.source(),
      publish: (partitionId, messages) => hub.publish(partitionId, messages),
      dispose: () => hub.close(),
    };
  });
}
