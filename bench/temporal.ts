import type { Client } from '@temporalio/client';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createDataConverter, createPayloadCodec } from '#adapters/temporal/codec/payload-codec.ts';
import { createConnection } from '#adapters/temporal/connection.ts';
import { createDevServer } from '#adapters/temporal/dev-server/dev-server.ts';
import { runWorker } from '#adapters/temporal/worker-host.ts';
import type { Room } from '#bench/room.ts';
import { programPlace } from '#cli/programs.ts';
import { requireSettings } from '#cli/settings.ts';

export interface BenchTemporal {
  readonly client: Client;
  /** Starts a worker on a queue of that name; resolves once it works. */
  work(taskQueue: string, path: string, activities: object): Promise<void>;
}

const namespace = 'bench';
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Temporal's dev server and a codec with keys of its own; ended with the room. @throws where no server is to be had */
export async function startTemporalIn(
  room: Room,
  searchAttributes: Readonly<Record<string, string>>,
): Promise<BenchTemporal> {
  const server = createDevServer({
    ...{
      ...programPlace(requireSettings(undefined)),
      stateDir: room.fresh('temporal'),
      namespace,
      searchAttributes,
      log,
    },
    ...{ ports: { grpc: 0, ui: 0 }, clock: systemClock, onProgress: room.say },
  });
  room.defer(() => server.stop());
  const started = await server.start();
  if (!started.ok) throw new Error(started.reason === 'stopped' ? 'stopped' : started.detail);
  const file = room.fresh('keys.db');
  const keyStore = await createSqliteKeyStore({ file, masterKeyFile: `${file}.master` });
  room.defer(() => keyStore.close());
  const secrets = createSqliteSecrets({ file, masterKeyFile: `${file}.master`, clock: systemClock, ids: systemIds });
  room.defer(() => secrets.close());
  const codec = createPayloadCodec({ keys: createKeyRing({ secrets, clock: systemClock }), namespace });
  const target = { address: started.address, namespace };
  const connection = createConnection({ target, clock: systemClock, dataConverter: createDataConverter(codec) });
  room.defer(() => connection.close());
  return {
    client: connection.client,
    async work(taskQueue, path, activities) {
      const ending = new AbortController();
      const running = Promise.withResolvers<void>();
      const host = runWorker({
        ...{
          target,
          taskQueue,
          codec,
          activities,
          log,
          ...programPlace(requireSettings(undefined)),
          clock: systemClock,
          signal: ending.signal,
        },
        ...{ workflows: { path }, deployment: { name: taskQueue } },
        onState: ({ state }) => {
          if (state === 'running') running.resolve();
        },
      });
      room.defer(async () => {
        ending.abort();
        await host.done;
      });
      await running.promise;
    },
  };
}
