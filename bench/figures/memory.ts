import { type Figure, type FigureResult, row } from '#bench/figure.ts';
import { basicNotices, publishAll } from '#bench/hub-messages.ts';
import { startHelper } from '#bench/jobs.ts';
import type { hubJobs } from '#bench/processes/hub.ts';
import type { MemorySample, stageJobs } from '#bench/processes/stage.ts';
import { percentileOf, slopeOf } from '#bench/statistics.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = 200_000;
const rounds = 2;
const mebibyte = 1024 ** 2;

/** Median memory between two fractions of all messages, MiB. */
function medianOf(samples: readonly MemorySample[], from: number, to: number): number {
  const within = samples.filter(({ events }) => events >= from * count && events <= to * count);
  return percentileOf(
    within.map(({ resident }) => resident / mebibyte),
    50,
  );
}

/** Growth between two fractions of all messages, MiB for each 100,000. */
function growthOf(samples: readonly MemorySample[], from: number, to: number): number {
  const within = samples.filter(({ events }) => events >= from * count && events <= to * count);
  return slopeOf(within.map(({ events, resident }) => ({ x: events / 100_000, y: resident / mebibyte })));
}

export const memory: Figure = {
  name: 'memory',
  title: 'Memory of ingest and triage while 200,000 events pass',
  async run(room): Promise<FigureResult> {
    const tenant = await openTenant(room.fresh('tenant'));
    const environment = { TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(',') };
    const hub = startHelper<typeof hubJobs>(room, 'hub');
    const eventHubs = await hub.ask('open', {});
    await publishAll(eventHubs, count, basicNotices(tenant));
    const growth: number[] = [];
    const early: number[] = [];
    const late: number[] = [];
    const largest: number[] = [];
    const slopes: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const stateDir = room.fresh('state');
      const { seconds, samples } = await startHelper<typeof stageJobs>(room, 'stage').ask('pass', {
        ...{ eventHubs, count, stateDir, environment, calls: 0, keepState: false },
        eventLog: `sqlite:${stateDir}/event-log.db`,
      });
      early.push(medianOf(samples, 0.25, 0.5));
      late.push(medianOf(samples, 0.75, 1));
      growth.push((late.at(-1) ?? Number.NaN) / (early.at(-1) ?? Number.NaN));
      largest.push(Math.max(...samples.map(({ resident }) => resident)) / mebibyte);
      slopes.push(growthOf(samples, 0.5, 1));
      room.say(`round ${round}: ${seconds.toFixed(1)} s, ${largest.at(-1)?.toFixed(0)} MiB at most`);
    }
    return {
      rows: [
        row('last quarter ÷ second quarter', '', growth, { atMost: 1.1 }),
        row('  second quarter, median', 'MiB', early),
        row('  last quarter, median', 'MiB', late),
        row('  most at any time', 'MiB', largest),
        row('  slope of the second half', 'MiB/100,000', slopes),
      ],
      notes: [
        'Resident memory of one process that runs ingest and triage with the embedded log, from a hub that is full, so as fast as it can; a new process each round.',
        'Flat means: the median of the last 50,000 events is at most a tenth above that of the second 50,000. The first 50,000 warm up: caches, compiled code, the collector finding its size.',
      ],
    };
  },
};
