import { createClients } from '#adapters/event-hubs/clients.ts';
import {
  type ClientSettings,
  createConsumerClient,
  type EventHubsConnection,
  type EventHubsTransport,
  namespaceHost,
} from '#adapters/event-hubs/connection.ts';
import { readPartition } from '#adapters/event-hubs/partition-reader.ts';
import { toPartition, toSourceFailure } from '#adapters/event-hubs/properties.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import { defaultTuning, type EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventSource, SourceFailure } from '#ports/event-source.ts';

/** What a source of one hub is made from. */
export interface EventHubsSourceSettings {
  readonly connection: EventHubsConnection;
  readonly hub: string;
  /** One group per log: readers of one group with the same owner level push each other out. */
  readonly consumerGroup: string;
  readonly transport: EventHubsTransport;
  readonly clock: Clock;
  /** Told of every change of a partition's state, for logs and probes; must not throw. */
  readonly onState?: (partitionId: string, state: PartitionState) => void;
  readonly tuning?: Partial<EventHubsTuning>;
}

/**
 * An event hub, read through `@azure/event-hubs`. One AMQP connection for all partitions; it connects on first use. Of one partition there may be
 * one `receive` at a time.
 * @throws TypeError when the connection cannot be used as it is written
 */
export function createEventHubsSource(settings: EventHubsSourceSettings): EventSource {
  const { connection, hub, consumerGroup, transport, clock, onState } = settings;
  const tuning: EventHubsTuning = { ...defaultTuning, ...settings.tuning };
  const client: ClientSettings = { connection, hub, transport, timeoutMs: tuning.operationTimeoutMs };
  const namespace = namespaceHost(connection);
  const clients = createClients(() => createConsumerClient(client, consumerGroup), clock);
  const closed = new AbortController();

  const ask = async <T>(
    question: (abortSignal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | SourceFailure> => {
    const { generation } = clients.current();
    const over = new AbortController();
    const signals = [closed.signal, over.signal, ...(signal === undefined ? [] : [signal])];
    const abortSignal = AbortSignal.any(signals);
    const late = clock.sleep(tuning.operationTimeoutMs, abortSignal).then((): SourceFailure => {
      // An answer that does not come at all is a sign of a connection that only seems to live.
      if (!abortSignal.aborted) clients.replace(generation);
      return { ok: false, reason: 'unavailable', detail: `no answer within ${tuning.operationTimeoutMs} ms` };
    });
    try {
      return await Promise.race([question(abortSignal).catch(toSourceFailure), late]);
    } finally {
      over.abort();
    }
  };

  return {
    describe: (signal) =>
      ask(async (abortSignal) => {
        const found = await clients.raw().getEventHubProperties({ abortSignal });
        return {
          ok: true,
          hub: {
            namespace,
            hub: hub.toLowerCase(),
            createdAt: found.createdOn.getTime(),
            partitionIds: [...found.partitionIds],
          },
        };
      }, signal),
    partition: (partitionId, signal) =>
      ask(async (abortSignal) => {
        const found = await clients.raw().getPartitionProperties(partitionId, { abortSignal });
        return { ok: true, partition: toPartition(found) };
      }, signal),
    receive: (partitionId, from, signal) =>
      readPartition(
        { clients, clock, tuning, onState: (state) => onState?.(partitionId, state) },
        partitionId,
        from,
        AbortSignal.any([signal, closed.signal]),
      ),
    close: async () => {
      closed.abort();
      const given = new AbortController();
      await Promise.race([clients.close(), clock.sleep(tuning.closeTimeoutMs, given.signal)]);
      given.abort();
    },
  };
}
