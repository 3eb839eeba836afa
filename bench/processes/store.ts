import { rmSync } from 'node:fs';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { createEventStoreDbSimulator } from '#simulator/eventstoredb/simulator.ts';

let open: { close(): Promise<void> } | undefined;

/** A simulated EventStoreDB in a process of its own, as the server would be; an empty one for every round. */
export const storeJobs = {
  async open({ folder }: { readonly folder: string }): Promise<string> {
    await open?.close();
    const log = await createSqliteEventLog({ file: `${folder}/log.db`, clock: systemClock });
    const server = await createEventStoreDbSimulator({ port: 0, engine: log.engine, clock: systemClock });
    open = {
      async close() {
        await server.close();
        await log.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
    return server.connectionString;
  },
};
