import { type Figure, type FigureResult, ratios, row } from '#bench/figure.ts';
import { basicNotices, publishAll } from '#bench/hub-messages.ts';
import { startHelper } from '#bench/jobs.ts';
import type { appenderJobs } from '#bench/processes/appender.ts';
import type { hubJobs } from '#bench/processes/hub.ts';
import type { readerJobs } from '#bench/processes/reader.ts';
import type { storeJobs } from '#bench/processes/store.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = 40_000;
const rounds = 5;

export const ingestEventStoreDb: Figure = {
  name: 'ingest-eventstoredb',
  title: 'Ingest into EventStoreDB ÷ @eventstore/db-client alone appending the same batches',
  async run(room): Promise<FigureResult> {
    const tenant = await openTenant(room.fresh('tenant'));
    const environment = { TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(',') };
    const hub = startHelper<typeof hubJobs>(room, 'hub');
    const store = startHelper<typeof storeJobs>(room, 'store');
    const reader = startHelper<typeof readerJobs>(room, 'reader', ['--expose-gc']);
    const appender = startHelper<typeof appenderJobs>(room, 'appender', ['--expose-gc']);
    const eventHubs = await hub.ask('open', {});
    await publishAll(eventHubs, count, basicNotices(tenant));
    const empty = () => store.ask('open', { folder: room.fresh('store') });
    const recordDir = room.fresh('state');
    await appender.ask('record', {
      ...{ eventHubs, count, environment },
      ...{ stateDir: recordDir, eventLog: `sqlite:${recordDir}/event-log.db` },
    });
    const measured = { client: [] as number[], adapter: [] as number[], ingest: [] as number[], cpu: [] as number[] };
    // The first round warms all up.
    for (let round = 0; round <= rounds; round++) {
      const client = await appender.ask('appendWithClient', { store: await empty() });
      const stateDir = room.fresh('state');
      const whole = await reader.ask('ingest', { eventHubs, count, environment, stateDir, eventLog: await empty() });
      const adapter = await appender.ask('appendWithAdapter', { store: await empty() });
      room.say(
        `round ${round}: db-client ${client.seconds.toFixed(2)} s, ingest ${whole.seconds.toFixed(2)} s, adapter alone ${adapter.seconds.toFixed(2)} s`,
      );
      if (round === 0) continue;
      measured.client.push(client.events / client.seconds);
      measured.ingest.push(whole.events / whole.seconds);
      measured.adapter.push(adapter.events / adapter.seconds);
      measured.cpu.push((whole.cpuSeconds / whole.events) * 1e6);
    }
    return {
      rows: [
        row('ratio', '', ratios(measured.ingest, measured.client), { atLeast: 0.8 }),
        row('  ingest', 'events/s', measured.ingest),
        row('  @eventstore/db-client alone', 'events/s', measured.client),
        row('  ingest, processor time', 'µs/event', measured.cpu),
        row('adapter alone ÷ db-client alone, the same batches', '', ratios(measured.adapter, measured.client)),
        row('  adapter alone', 'events/s', measured.adapter),
      ],
      notes: [
        `${count.toLocaleString('en-US')} notices of a basic subscription, 1 KB each, in 4 partitions; hub, EventStoreDB (simulated), ingest and the client alone are processes of their own.`,
        'The client alone appends, without a hub, the very batches that ingest made (kept from a run before), to four streams at once, as JSON events with explicit revisions. Every round has an empty server.',
        'All are timed while the last nine tenths pass: neither connecting nor loading is compared.',
      ],
    };
  },
};
