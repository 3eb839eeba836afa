import { systemClock } from '#adapters/system/clock.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';

const sim = await createEventHubsSimulator({
  port: 0,
  hubs: [{ name: 'notices', partitions: 4 }],
  storage: { kind: 'memory' },
  sas: { keyName: 'test', key: 'secret' },
  clock: systemClock,
});
process.send?.(sim.connectionString);
process.on('disconnect', () => process.exit());
