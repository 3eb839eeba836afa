import type { Clock } from '#ports/clock.ts';
import { createAppendHandler } from '#simulator/eventstoredb/append.ts';
import { createBatchAppendHandler, createNotReadyBatchHandler } from '#simulator/eventstoredb/batch-append.ts';
import { createFeaturesHandler, createGossipHandler } from '#simulator/eventstoredb/cluster.ts';
import { createDeleteHandler } from '#simulator/eventstoredb/delete.ts';
import { createFaults, type Faults } from '#simulator/eventstoredb/faults.ts';
import { createGrpcServer, type GrpcServer, type Handler } from '#simulator/eventstoredb/grpc-server.ts';
import { createReadHandler } from '#simulator/eventstoredb/read.ts';
import type { Storage } from '#simulator/eventstoredb/storage.ts';
import { createSubscriptions } from '#simulator/eventstoredb/subscription.ts';

export interface EventStoreDbSimulatorOptions {
  /** Address to listen on, `127.0.0.1` by default. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM; with it everybody has to speak TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Holds the events; not closed by the simulator. */
  readonly engine: Storage;
  /** Bytes of data that one append may hold (default 1,048,576, as before version 25.1). */
  readonly maxAppendBytes?: number;
  /** Events that may wait for a live subscription (default 32). */
  readonly liveBuffer?: number;
  readonly clock: Clock;
}

/** An EventStoreDB that speaks the vendor's gRPC protocol, without users. */
export interface EventStoreDbSimulator {
  /** `esdb://127.0.0.1:PORT?tls=false`; with TLS any user will do. */
  readonly connectionString: string;
  readonly port: number;
  readonly faults: Faults;
  /** Drops all connections. */
  close(): Promise<void>;
}

/**
 * Behaves as EventStoreDB 23.10 was measured to: same idempotence (the storage's part), limits, error shapes and live buffer. Persistent
 * subscriptions, projections, users and operations answer UNIMPLEMENTED.
 * @throws Error where the port is taken
 */
export async function createEventStoreDbSimulator(
  options: EventStoreDbSimulatorOptions,
): Promise<EventStoreDbSimulator> {
  const { engine, clock, host = '127.0.0.1' } = options;
  const limit = options.maxAppendBytes ?? 1_048_576;
  let server: GrpcServer | undefined;
  const faults = createFaults(clock, async (name, active) => {
    if (name === 'dies') await (active ? server?.die() : server?.revive());
    else if (name === 'half-open') server?.freeze(active);
    else if (name === 'ends-cleanly' && active) server?.endCalls();
  });
  const batchAppend = createBatchAppendHandler(engine, limit);
  const streams: readonly (readonly [string, Handler])[] = [
    ['Append', createAppendHandler(engine, limit)],
    ['BatchAppend', batchAppend],
    ['Read', createReadHandler(engine, createSubscriptions(engine, options.liveBuffer ?? 32, clock, faults.state))],
    ['Delete', createDeleteHandler(engine.softDelete)],
    ['Tombstone', createDeleteHandler(engine.tombstone)],
  ];
  const handlers = new Map<string, Handler>([
    ...streams.map(([name, handler]) => [`/event_store.client.streams.Streams/${name}`, handler] as const),
    ['/event_store.client.server_features.ServerFeatures/GetSupportedMethods', createFeaturesHandler()],
    [
      '/event_store.client.gossip.Gossip/Read',
      createGossipHandler(clock, () => ({ host, port: server?.port ?? options.port })),
    ],
  ]);
  const notReady = new Map<string, Handler>([
    ['/event_store.client.streams.Streams/BatchAppend', createNotReadyBatchHandler()],
    ['/event_store.client.server_features.ServerFeatures/GetSupportedMethods', createFeaturesHandler()],
  ]);
  const { tls } = options;
  const at = { host, port: options.port, ...(tls === undefined ? {} : { tls }) };
  server = await createGrpcServer(at, { ready: handlers, notReady }, faults.state);
  const { port, close } = server;
  const { start, stop, list } = faults;
  return {
    port,
    connectionString:
      tls === undefined ? `esdb://${host}:${port}?tls=false` : `esdb://simulated:simulated@${host}:${port}`,
    faults: { start, stop, list },
    close,
  };
}
