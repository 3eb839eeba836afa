import { fork } from 'node:child_process';
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
const child = fork(new URL('zz-server.ts', import.meta.url), [process.argv[2] ?? '-']);
const cs = await new Promise<string>((r) => child.once('message', (m) => r(m as string)));
const N = Number(process.argv[3] ?? 200_000);
const p = new EventHubProducerClient(cs, 'hub');
const body = { pad: 'x'.repeat(900), id: 0 };
for (const size of [900_000]) { const t = performance.now(); for (let i = 0; i < 10; i++) await p.sendBatch([{ body: Buffer.alloc(size) }], { partitionId: '0' }); console.log('900KB send ms', (performance.now() - t) / 10); }
let t0 = performance.now();
await Promise.all([0,1,2,3].map(async (k) => { for (let i = 0; i < N / 4; i += 100) { const b = await p.createBatch({ partitionId: String(k) }); for (let j = 0; j < 100; j++) b.tryAdd({ body }); await p.sendBatch(b); } }));
console.log('SEND ev/s', (N / (performance.now() - t0) * 1000).toFixed(0));
for (const [maxBatchSize, prefetchCount] of [[500, 3000], [100, 1000], [100,300]] as const) {
  const c = new EventHubConsumerClient('$Default', cs, 'hub', {});
  let n = 0; const d = Promise.withResolvers<void>();
  t0 = performance.now();
  const s = c.subscribe({ processEvents: async (es) => { n += es.length; if (n >= N) d.resolve(); }, processError: async (e) => console.log('ERR', e.message) }, { startPosition: earliestEventPosition, maxBatchSize, prefetchCount, maxWaitTimeInSeconds: 30 } as object);
  await d.promise;
  console.log('RECV', maxBatchSize, prefetchCount, 'ev/s', (N / (performance.now() - t0) * 1000).toFixed(0));
  await s.close(); await c.close();
}
// latency
{
  const c = new EventHubConsumerClient('$Default', cs, 'hub', {});
  const lat: number[] = [];
  const s = c.subscribe({ processEvents: async (es) => { const now = performance.now(); for (const e of es) if (e.body.t) lat.push(now - e.body.t); }, processError: async (e) => console.log('ERR', e.message) }, { startPosition: latestEventPosition, maxBatchSize: 100, prefetchCount: 1000, maxWaitTimeInSeconds: 30 } as object);
  await new Promise(r => setTimeout(r, 1500));
  const acks: number[] = [];
  for (let i = 0; i < 500; i++) { const t = performance.now(); void p.sendBatch([{ body: { t } }]).then(() => acks.push(performance.now() - t)); await new Promise(r => setTimeout(r, 10)); }
  await new Promise(r => setTimeout(r, 300));
  lat.sort((a, b) => a - b); acks.sort((a,b)=>a-b);
  console.log('LATENCY n', lat.length, 'p50', lat[lat.length >> 1]?.toFixed(1), 'p99', lat[Math.floor(lat.length * 0.99)]?.toFixed(1), 'ack p50', acks[acks.length>>1]?.toFixed(1), 'p99', acks[Math.floor(acks.length*.99)]?.toFixed(1));
  await s.close(); await c.close();
}
await p.close(); child.kill();
