import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ClientSettings, EventHubsConnection } from '#adapters/event-hubs/connection.ts';
import { createEventHubsPublisher, type EventHubsPublisherTuning } from '#adapters/event-hubs/event-publisher.ts';
import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventPublisher, MessageToPublish } from '#ports/event-publisher.ts';
import type { EventSource } from '#ports/event-source.ts';
import type { EventHubsSimulator } from '#simulator/event-hubs/options.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** How the adapter reaches the simulator. */
export type Way = 'amqp' | 'amqp-tls-token' | 'amqp-websockets';

/** Notices trouble soon, so that tests need not wait. */
export const quickTuning: Partial<EventHubsTuning> = {
  maxWaitMs: 100,
  watchdogMs: 200,
  silenceMs: 200,
  tickMs: 20,
  operationTimeoutMs: 1_000,
  closeTimeoutMs: 200,
  firstBackoffMs: 10,
  maxBackoffMs: 100,
};

/** A simulated hub `notices` with two partitions, and the adapters that reach it. */
export interface SimulatedHub {
  readonly simulator: EventHubsSimulator;
  /** Open until the hub is closed. */
  readonly publisher: EventPublisher;
  readonly settings: Pick<ClientSettings, 'connection' | 'hub' | 'transport'>;
  source(
    tuning?: Partial<EventHubsTuning>,
    onState?: (partitionId: string, state: PartitionState) => void,
  ): EventSource;
  newPublisher(tuning?: Partial<EventHubsPublisherTuning>): EventPublisher;
  /** Publishes or throws. */
  publish(partitionId: string, messages: readonly MessageToPublish[]): Promise<void>;
  close(): Promise<void>;
}

const sas = { keyName: 'test', key: 'c2VjcmV0LW9mLXRoZS1zaW11bGF0b3I=' };

export async function startSimulatedHub(way: Way = 'amqp'): Promise<SimulatedHub> {
  const simulator = await createEventHubsSimulator({
    ...{ port: 0, storage: { kind: 'memory' }, sas, clock: systemClock },
    hubs: [{ name: 'notices', partitions: 2 }],
    ...(way === 'amqp' ? {} : { tls: { ...trustedCertificate(), port: 0 }, webSockets: { port: 0 } }),
    jwt: (token) =>
      Promise.resolve(
        token === 'a-token'
          ? { ok: true, path: '', expiresAt: Date.now() + 3_600_000 }
          : { ok: false, reason: 'not ours' },
      ),
  });
  const settings = {
    connection: connectionTo(simulator, way),
    hub: 'Notices',
    transport: way === 'amqp-websockets' ? way : 'amqp',
    clock: systemClock,
  } as const;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const newPublisher = (tuning: Partial<EventHubsPublisherTuning> = {}) =>
    keep(createEventHubsPublisher({ ...settings, tuning: { closeTimeoutMs: 200, ...tuning } }));
  const publisher = newPublisher();
  return {
    ...{ simulator, publisher, settings, newPublisher },
    source: (tuning = {}, onState = () => undefined) =>
      keep(
        createEventHubsSource({
          ...settings,
          onState,
          consumerGroup: '$Default',
          tuning: { ...quickTuning, ...tuning },
        }),
      ),
    publish: async (partitionId, messages) => {
      const result = await publisher.publish(messages, { partitionId });
      if (!result.ok) throw new Error(result.detail);
    },
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await simulator.close();
    },
  };
}

function connectionTo(simulator: EventHubsSimulator, way: Way): EventHubsConnection {
  switch (way) {
    case 'amqp':
      return { kind: 'connection-string', value: simulator.connectionString };
    case 'amqp-websockets':
      return {
        kind: 'connection-string',
        value: `Endpoint=sb://localhost:${simulator.webSocketsPort}/;SharedAccessKeyName=${sas.keyName};SharedAccessKey=${sas.key}`,
      };
    case 'amqp-tls-token':
      return {
        kind: 'namespace',
        host: 'Contoso.servicebus.windows.net',
        credential: {
          getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
        },
        customEndpointAddress: `sb://localhost:${simulator.tlsPort}`,
      };
  }
}

let certificate: { readonly key: string; readonly cert: string } | undefined;

/** The clients take their trust from the process. */
function trustedCertificate(): { readonly key: string; readonly cert: string } {
  if (certificate !== undefined) return certificate;
  const authority = createCertificateAuthority(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  certificate = authority.issue(['localhost', '127.0.0.1'], Date.now());
  return certificate;
}
