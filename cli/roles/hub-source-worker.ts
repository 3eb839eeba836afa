import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import type { FromSource, SourcePort, ToSource } from '#adapters/event-hubs/source-messages.ts';
import { serveSource } from '#adapters/event-hubs/source-server.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { connectionOf, type HubSourceOrder } from '#cli/roles/hub-source.ts';
import { settleThread } from '#cli/settling.ts';

// The thread that receives from the hub.
if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort as unknown as SourcePort<FromSource, ToSource>;
const { connection, reaching, certificateAuthority, ...settings } = workerData as HubSourceOrder;

// What is trusted is a matter of every thread.
if (certificateAuthority !== undefined)
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certificateAuthority, 'utf8')]);

process.on('unhandledRejection', (reason) => {
  const detail = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  port.postMessage({ kind: 'rejection', detail });
});

const source = createEventHubsSource({
  ...settings,
  connection: await connectionOf(connection, reaching),
  clock: systemClock,
  onState: (partitionId, state) => port.postMessage({ kind: 'state', partitionId, state }),
});
settleThread();
serveSource(source, port);
