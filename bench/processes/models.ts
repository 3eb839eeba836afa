import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { startTimer, sweep } from '#bench/processes/timed.ts';
import type { EventLog } from '#ports/event-log.ts';
import { createReadModels, readModelNames } from '#projections/read-models.ts';

export interface RebuildRound {
  /** Events in the log, and bytes of their data and metadata as JSON. */
  readonly events: number;
  readonly bytes: number;
  /** Seconds to read all of them. */
  readonly raw: number;
  /** Seconds to rebuild each read model from all of them. */
  readonly rebuilds: Readonly<Record<(typeof readModelNames)[number], number>>;
}

async function readAll(log: EventLog, look: (event: object) => void = () => {}): Promise<number> {
  const stop = new AbortController();
  let events = 0;
  for await (const item of log.subscribe({ signal: stop.signal })) {
    if (item.kind === 'caught-up') break;
    if (item.kind !== 'events') continue;
    events += item.events.length;
    for (const event of item.events) look(event);
  }
  stop.abort();
  return events;
}

/** Read models over a log that nobody writes to. */
export const modelJobs = {
  async round({ logFile, folder }: { readonly logFile: string; readonly folder: string }): Promise<RebuildRound> {
    const log = await createSqliteEventLog({ file: logFile, clock: systemClock });
    let bytes = 0;
    await readAll(log, (event) => {
      const { data, metadata } = event as { data: object; metadata: object };
      bytes += JSON.stringify(data).length + JSON.stringify(metadata).length;
    });
    sweep();
    const ended = startTimer();
    const events = await readAll(log);
    const raw = ended().seconds;
    const models = createReadModels({ log, stores: createReadModelFiles({ folder }), clock: systemClock });
    const stop = new AbortController();
    const running = models.run(stop.signal);
    while (!models.states().every(({ caughtUp }) => caughtUp)) await systemClock.sleep(20);
    const rebuilds = { emergencies: 0, audit: 0, health: 0, watch: 0 };
    for (const name of readModelNames) {
      sweep();
      const rebuilt = startTimer();
      const { equal } = await models.rebuild(name);
      rebuilds[name] = rebuilt().seconds;
      if (!equal) throw new Error(`the read model ${name} was rebuilt with another digest`);
    }
    stop.abort();
    await running;
    await models.close();
    await log.close();
    return { events, bytes, raw, rebuilds };
  },
};
