import { startTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

/** The simulators as a process of their own, with the settings that point other processes at them. */
export interface SimulatedCloud {
  readonly process: TocsinProcess;
  readonly pointing: Readonly<Record<string, string>>;
  /** Ends the simulators, changes what they keep, and starts them again where they were. */
  restart(meanwhile?: () => Promise<void>): Promise<SimulatedCloud>;
}

/** @param folder state folder of the simulators */
export async function startCloud(folder: string, more: Readonly<Record<string, string>> = {}): Promise<SimulatedCloud> {
  const process = await startTocsin(folder, ['simulator', '--simulate'], more);
  const settings = await tocsin(folder, ['simulate', 'settings', '--json']);
  const pointing = JSON.parse(settings.stdout) as Record<string, string>;
  return {
    process,
    pointing,
    async restart(meanwhile) {
      await process.end('SIGTERM');
      await meanwhile?.();
      // The ports that were free: who is connected must find the same cloud again.
      return startCloud(folder, {
        TOCSIN_SIMULATOR_EVENT_HUBS: portOf(pointing['TOCSIN_EVENT_HUBS']),
        TOCSIN_SIMULATOR_EVENTSTOREDB: portOf(pointing['TOCSIN_EVENT_LOG']),
        TOCSIN_SIMULATOR_PARTITIONS: more['TOCSIN_SIMULATOR_PARTITIONS'] ?? '4',
      });
    },
  };
}

function portOf(connectionString: string | undefined): string {
  const port = /\/\/[^:/;]+:(\d+)/.exec(connectionString ?? '')?.[1];
  if (port === undefined) throw new Error(`no port in ${connectionString}`);
  return port;
}
