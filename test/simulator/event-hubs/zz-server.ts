import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';
const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => {} };
const folder = process.argv[2];
const sim = await createEventHubsSimulator({ port: Number(process.argv[3] ?? 0), hubs: [{ name: 'hub', partitions: 4 }], storage: folder && folder !== '-' ? { kind: 'folder', folder } : { kind: 'memory' }, ...(folder==='-'?{retention:{maxBytes: 400e6}}:{}), sas: { keyName: 'k', key: 'secret' }, clock, log: (m) => console.log('LOG', m) });
process.send?.(sim.connectionString);
console.log(sim.connectionString);
let cpu = process.cpuUsage();
setInterval(() => { const n = process.cpuUsage(cpu); cpu = process.cpuUsage(); const m = process.memoryUsage(); console.log('rss', (m.rss/1e6).toFixed(0), 'heap', (m.heapUsed/1e6).toFixed(0), 'ext', (m.external/1e6).toFixed(0), 'cpu%', ((n.user+n.system)/10000).toFixed(0), JSON.stringify({r: sim.stats().received, d: sim.stats().delivered, c: sim.stats().consumers})); }, 1000);
