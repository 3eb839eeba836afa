import { fork } from 'node:child_process';
import { once } from 'node:events';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import { systemClock } from '#adapters/system/clock.ts';

const child = fork(new URL('./zz-sim.ts', import.meta.url).pathname);
const [cs] = (await once(child, 'message')) as [string];
const N = Number(process.argv[2] ?? 200_000),
  P = Number(process.argv[3] ?? 4);
const connection = { kind: 'connection-string', value: cs } as const;
const base = { connection, hub: 'notices', transport: 'amqp', clock: systemClock } as const;
const pub = createEventHubsPublisher(base);
const body = Buffer.alloc(1000, 97);
const t = performance.now();
const ids = Array.from({ length: P }, (_, i) => String(i));
await Promise.all(
  ids.map(async (partitionId) => {
    for (let i = 0; i < N / P; i += 500) {
      const r = await pub.publish(
        Array.from({ length: 500 }, () => ({ body })),
        { partitionId },
      );
      if (!r.ok) throw new Error(r.detail);
    }
  }),
);
console.log('publish', Math.round((N / (performance.now() - t)) * 1000), 'ev/s');
await pub.close();
async function vendor(maxBatchSize = 500, prefetchCount = 3000) {
  const c = new EventHubConsumerClient('$Default', cs, 'notices');
  const t = performance.now();
  let n = 0;
  const cpu = process.cpuUsage();
  const done = Promise.withResolvers<void>(); const iv = setInterval(() => console.log('n', n, ids.length), 2000); setTimeout(() => clearInterval(iv), 20000);
  const subs = ids.map((id) =>
    c.subscribe(
      id,
      {
        processEvents: async (es) => {
          n += es.length;
          if (n >= N) done.resolve();
        },
        processError: async (e) => console.log(e.message),
      },
      {
        startPosition: { offset: '-1' },
        maxBatchSize,
        prefetchCount,
        trackLastEnqueuedEventProperties: true,
        skipParsingBodyAsJson: true,
      },
    ),
  );
  await done.promise;
  const ms = performance.now() - t;
  const u = process.cpuUsage(cpu);
  await Promise.all(subs.map((s) => s.close()));
  await c.close();
  return [Math.round((N / ms) * 1000), Math.round((u.user + u.system) / ms / 10)];
}
async function ours() {
  const reopened: Record<string, number> = {};
  const s = createEventHubsSource({
    ...base,
    consumerGroup: '$Default',
    onState: (_, st) => {
      const k = st.state === 'reopened' ? st.why : st.state;
      reopened[k] = (reopened[k] ?? 0) + 1;
    },
  });
  const t = performance.now();
  let n = 0;
  const cpu = process.cpuUsage();
  const stop = new AbortController();
  await Promise.all(
    ids
      .map(async (id) => {
        for await (const item of s.receive(id, { at: 'earliest' }, stop.signal)) {
          if (item.kind === 'batch') n += item.messages.length;
          if (n >= N) {
            stop.abort();
          }
        }
      })
      .map((p) => p),
  ).catch(console.error);
  const ms = performance.now() - t;
  const u = process.cpuUsage(cpu);
  await s.close();
  return [Math.round((N / ms) * 1000), Math.round((u.user + u.system) / ms / 10), JSON.stringify(reopened)];
}
for (let i = 0; i < 4; i++) {
  console.log('vendor', await vendor());
  console.log('ours  ', await ours());
}
child.disconnect();
