// A simulator as a process of its own, for tests that kill it. Arguments: the folder.
import { systemClock } from '#adapters/system/clock.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';

const simulator = await createEventHubsSimulator({
  port: 0,
  hubs: [{ name: 'calls', partitions: 2 }],
  storage: { kind: 'folder', folder: process.argv[2] ?? '' },
  sas: { keyName: 'root', key: 'c2VjcmV0IG9mIHRoZSB0ZXN0cw==' },
  clock: systemClock,
});
process.send?.(simulator.connectionString);
