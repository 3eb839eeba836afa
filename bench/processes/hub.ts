import { systemClock } from '#adapters/system/clock.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';

/** Name of the hub that everything is measured with; it has four partitions. */
export const hubName = 'teams-emergency';
export const partitionIds = ['0', '1', '2', '3'] as const;

/** A simulated namespace in a process of its own, as the service would be. In memory: its disk is not what is measured. */
export const hubJobs = {
  async open(_: object): Promise<string> {
    const simulator = await createEventHubsSimulator({
      port: 0,
      hubs: [{ name: hubName, partitions: partitionIds.length }],
      storage: { kind: 'memory' },
      retention: { maxBytes: 512 * 1024 ** 2 },
      sas: { keyName: 'bench', key: 'YmVuY2g=' },
      clock: systemClock,
    });
    return simulator.connectionString;
  },
};
