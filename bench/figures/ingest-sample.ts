import { startAzurite } from '#bench/azurite.ts';
import { type Figure, type FigureResult, ratios, row } from '#bench/figure.ts';
import { basicNotices, publishAll } from '#bench/hub-messages.ts';
import { startHelper } from '#bench/jobs.ts';
import type { hubJobs } from '#bench/processes/hub.ts';
import type { readerJobs } from '#bench/processes/reader.ts';
import type { sampleJobs } from '#bench/processes/sample.ts';
import type { storeJobs } from '#bench/processes/store.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = 40_000;
const rounds = 3;
const seconds = 4;

export const ingestSample: Figure = {
  name: 'ingest-sample',
  title: "Ingest into EventStoreDB ÷ the vendors' sample: one append and one checkpoint for every event",
  async run(room): Promise<FigureResult> {
    const tenant = await openTenant(room.fresh('tenant'));
    const environment = { TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(',') };
    const hub = startHelper<typeof hubJobs>(room, 'hub');
    const store = startHelper<typeof storeJobs>(room, 'store');
    const reader = startHelper<typeof readerJobs>(room, 'reader', ['--expose-gc']);
    const sample = startHelper<typeof sampleJobs>(room, 'sample', ['--expose-gc']);
    const eventHubs = await hub.ask('open', {});
    await publishAll(eventHubs, count, basicNotices(tenant));
    const blobs = await startAzurite(room);
    const empty = () => store.ask('open', { folder: room.fresh('store') });
    const measured = { ingest: [] as number[], sample: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
      const { perSecond } = await sample.ask('run', { eventHubs, blobs, seconds, store: await empty() });
      const stateDir = room.fresh('state');
      const whole = await reader.ask('ingest', { eventHubs, count, environment, stateDir, eventLog: await empty() });
      room.say(`round ${round}: sample ${perSecond.toFixed(0)} events/s, ingest ${whole.seconds.toFixed(2)} s`);
      if (round === 0) continue;
      measured.sample.push(perSecond);
      measured.ingest.push(whole.events / whole.seconds);
    }
    return {
      rows: [
        row('ratio', '', ratios(measured.ingest, measured.sample), { atLeast: 20 }),
        row('  ingest', 'events/s', measured.ingest),
        row('  sample', 'events/s', measured.sample),
      ],
      notes: [
        `The same hub and the same EventStoreDB (both simulated) for both; the sample keeps its checkpoints with @azure/eventhubs-checkpointstore-blob in Azurite, in memory, and is watched for ${seconds} s from its first event, ingest while the last nine tenths pass.`,
        'All of it on this machine: against a storage account in another place every checkpoint takes longer, so the sample is shown at its best.',
      ],
    };
  },
};
