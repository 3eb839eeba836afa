import { type Figure, type FigureResult, ratios, row } from '#bench/figure.ts';
import { basicNotices, type MessageMaker, publishAll, unknownJson } from '#bench/hub-messages.ts';
import { type Helper, startHelper } from '#bench/jobs.ts';
import type { hubJobs } from '#bench/processes/hub.ts';
import type { readerJobs } from '#bench/processes/reader.ts';
import type { Room } from '#bench/room.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = 100_000;
const rounds = 5;

type Reader = Helper<typeof readerJobs>;

async function measure(
  room: Room,
  readers: { readonly vendor: Reader; readonly ours: Reader },
  make: MessageMaker,
  environment: Readonly<Record<string, string>>,
): Promise<{
  readonly vendor: number[];
  readonly ours: number[];
  readonly cpu: number[];
  readonly cpuAlone: number[];
}> {
  const hub = startHelper<typeof hubJobs>(room, 'hub');
  const eventHubs = await hub.ask('open', {});
  await publishAll(eventHubs, count, make);
  const vendor: number[] = [];
  const ours: number[] = [];
  const cpu: number[] = [];
  const cpuAlone: number[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const alone = await readers.vendor.ask('receive', { eventHubs, count });
    const stateDir = room.fresh('state');
    const whole = await readers.ours.ask('ingest', {
      ...{ eventHubs, count, stateDir, environment },
      eventLog: `sqlite:${stateDir}/event-log.db`,
    });
    room.say(
      `round ${round}: ${alone.events.toLocaleString('en-US')} alone in ${alone.seconds.toFixed(2)} s, ingest ${whole.events.toLocaleString('en-US')} in ${whole.seconds.toFixed(2)} s`,
    );
    if (round === 0) continue;
    vendor.push(alone.events / alone.seconds);
    ours.push(whole.events / whole.seconds);
    cpu.push((whole.cpuSeconds / whole.events) * 1e6);
    cpuAlone.push((alone.cpuSeconds / alone.events) * 1e6);
  }
  return { vendor, ours, cpu, cpuAlone };
}

export const ingestEmbedded: Figure = {
  name: 'ingest-embedded',
  title: 'Ingest into the embedded log ÷ @azure/event-hubs alone receiving the same',
  async run(room): Promise<FigureResult> {
    const tenant = await openTenant(room.fresh('tenant'));
    const environment = { TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(',') };
    const readers = {
      vendor: startHelper<typeof readerJobs>(room, 'reader', ['--expose-gc']),
      ours: startHelper<typeof readerJobs>(room, 'reader', ['--expose-gc']),
    };
    const basic = await measure(room, readers, basicNotices(tenant), environment);
    const unknown = await measure(room, readers, unknownJson, environment);
    return {
      rows: [
        row('notices of a basic subscription, ratio', '', ratios(basic.ours, basic.vendor), { atLeast: 0.5 }),
        row('  ingest', 'events/s', basic.ours),
        row('  @azure/event-hubs alone', 'events/s', basic.vendor),
        row('  ingest, processor time', 'µs/event', basic.cpu),
        row('  @azure/event-hubs alone, processor time', 'µs/event', basic.cpuAlone),
        row('JSON that no decoder knows, ratio', '', ratios(unknown.ours, unknown.vendor)),
        row('  ingest', 'events/s', unknown.ours),
        row('  @azure/event-hubs alone', 'events/s', unknown.vendor),
        row('  ingest, processor time', 'µs/event', unknown.cpu),
        row('  @azure/event-hubs alone, processor time', 'µs/event', unknown.cpuAlone),
      ],
      notes: [
        `${count.toLocaleString('en-US')} messages of 1 KB in 4 partitions of a simulated hub that is a process of its own; so are ingest and the vendor's client, taking turns.`,
        'Ingest is the role as `tocsin run ingest` makes it: decode, judge, seal, append durably, measure itself; an event has passed when it is in the log.',
        'Both are timed while the last nine tenths pass: neither connecting nor loading is compared.',
        "The vendor's client alone has its fastest settings (500 events at once, 3,000 ahead, bodies not parsed) and does nothing with what it gets.",
        'The limit is for notices as Graph sends them for a basic subscription: what is received most. What no decoder knows is rare, and sealed whole.',
      ],
    };
  },
};
