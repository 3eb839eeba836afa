import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventStoreDbLog, type EventStoreDbLogOptions } from '#adapters/eventstoredb/event-log.ts';
import type { LogEngine } from '#adapters/sqlite/engine.ts';
import { createSqliteEngine } from '#adapters/sqlite/sqlite-engine.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { EventLog } from '#ports/event-log.ts';
import { createEventStoreDbSimulator, type EventStoreDbSimulator } from '#simulator/eventstoredb/simulator.ts';

/** A simulated EventStoreDB over a database in a folder of its own. */
export interface Stack {
  readonly engine: LogEngine;
  readonly simulator: EventStoreDbSimulator;
  /** Opens the adapter on it; closed with the stack. */
  open(options?: Partial<EventStoreDbLogOptions>): Promise<EventLog>;
  close(): Promise<void>;
}

export async function startStack(options: { readonly liveBuffer?: number } = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-esdb-'));
  const engine = await createSqliteEngine({ file: join(folder, 'log.db'), clock: systemClock });
  const simulator = await createEventStoreDbSimulator({ port: 0, engine, clock: systemClock, ...options });
  const logs: EventLog[] = [];
  return {
    engine,
    simulator,
    async open(more = {}) {
      const log = await createEventStoreDbLog({
        connectionString: simulator.connectionString,
        clock: systemClock,
        ids: systemIds,
        ...more,
      });
      logs.push(log);
      return log;
    },
    async close() {
      await Promise.all(logs.map((log) => log.close()));
      await simulator.close();
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
