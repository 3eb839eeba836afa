import { callMessage } from '#bench/calls.ts';
import { type Figure, type FigureResult, ratios, row } from '#bench/figure.ts';
import { basicNotices, publishAll } from '#bench/hub-messages.ts';
import { startHelper } from '#bench/jobs.ts';
import type { hubJobs } from '#bench/processes/hub.ts';
import type { modelJobs, RebuildRound } from '#bench/processes/models.ts';
import type { stageJobs } from '#bench/processes/stage.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = 100_000;
/** One message of so many is a call. */
const callEvery = 200;
const rounds = 3;

export const rebuild: Figure = {
  name: 'rebuild',
  title: 'Rebuild of a read model ÷ raw read of the log',
  async run(room): Promise<FigureResult> {
    const tenant = await openTenant(room.fresh('tenant'));
    const notices = basicNotices(tenant);
    const hub = startHelper<typeof hubJobs>(room, 'hub');
    const eventHubs = await hub.ask('open', {});
    await publishAll(eventHubs, count, (n) => (n % callEvery === 0 ? callMessage(tenant, n).body : notices(n)));
    const stateDir = room.fresh('state');
    const logFile = `${stateDir}/event-log.db`;
    const made = await startHelper<typeof stageJobs>(room, 'stage').ask('pass', {
      ...{ eventHubs, count, stateDir, eventLog: `sqlite:${logFile}`, calls: count / callEvery, keepState: true },
      environment: {
        TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(','),
        TOCSIN_NOTIFICATION_KEYS: tenant.keysFolder,
      },
    });
    room.say(`the log is there after ${made.seconds.toFixed(1)} s`);
    const models = startHelper<typeof modelJobs>(room, 'models', ['--expose-gc']);
    const all: RebuildRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      const one = await models.ask('round', { logFile, folder: room.fresh('read-models') });
      all.push(one);
      const { audit, health, emergencies } = one.rebuilds;
      room.say(
        `round ${round}: raw ${one.raw.toFixed(2)} s, audit ${audit.toFixed(2)} s, health ${health.toFixed(2)} s, emergencies ${emergencies.toFixed(2)} s`,
      );
    }
    const raw = all.map(({ events, raw: seconds }) => events / seconds);
    const rates = (name: keyof RebuildRound['rebuilds']) => all.map(({ events, rebuilds }) => events / rebuilds[name]);
    const { events = 0, bytes = 0 } = all[0] ?? {};
    return {
      rows: [
        row('audit, ratio', '', ratios(rates('audit'), raw), { atLeast: 0.3 }),
        row('health, ratio', '', ratios(rates('health'), raw), { atLeast: 0.3 }),
        row('emergencies, ratio', '', ratios(rates('emergencies'), raw), { atLeast: 0.3 }),
        row('  raw read', 'events/s', raw),
        row('  audit', 'events/s', rates('audit')),
        row('  health', 'events/s', rates('health')),
        row('  emergencies', 'events/s', rates('emergencies')),
      ],
      notes: [
        `An embedded log of ${events.toLocaleString('en-US')} events, ${Math.round(bytes / events).toLocaleString('en-US')} bytes of JSON each on average, that ingest and triage made of ${count.toLocaleString('en-US')} notices, one of ${callEvery} a call.`,
        'Raw is a subscription from the first event until it has caught up, doing nothing with what it gets. A rebuild ends when both digests are compared and the new one serves.',
      ],
    };
  },
};
