import { basicNotices, publishAll } from '#bench/hub-messages.ts';
import { startHelper } from '#bench/jobs.ts';
import { inRoom } from '#bench/room.ts';
import { openTenant } from '#simulator/teams/tenant.ts';

const count = Number(process.argv[2] ?? 20000);
await inRoom(console.log, async (room) => {
  const tenant = await openTenant(room.fresh('tenant'));
  const environment = { TOCSIN_CLIENT_STATES: tenant.subscriptions.map((one) => one.clientState).join(',') };
  const hub = startHelper<any>(room, 'hub');
  const r = startHelper<any>(room, 'reader', ['--cpu-prof', '--cpu-prof-dir=/tmp/bprof', '--expose-gc']);
  const eventHubs: any = await hub.ask('open', {});
  await publishAll(eventHubs, count, basicNotices(tenant));
  for (let i = 0; i < 2; i++) {
    const stateDir = room.fresh('state');
    console.log(
      i,
      JSON.stringify(
        await r.ask('ingest', { eventHubs, count, stateDir, environment, eventLog: `sqlite:${stateDir}/event-log.db` }),
      ),
    );
  }
});
