import { rmSync } from 'node:fs';
import { type IngestArgs, runIngest } from '#bench/processes/run-ingest.ts';
import { startTriage } from '#cli/roles/triage.ts';

export interface MemorySample {
  /** Messages that are in the log by then. */
  readonly events: number;
  /** Bytes of the whole process that are in memory. */
  readonly resident: number;
}

export interface PassArgs extends IngestArgs {
  /** Calls among the messages: triage is waited for until it raised so many emergencies. */
  readonly calls: number;
  readonly keepState: boolean;
}

/** Ingest and triage in one process, as `tocsin run ingest,triage` has them. */
export const stageJobs = {
  /** Lets all messages pass and looks at the memory two hundred times. */
  async pass(args: PassArgs): Promise<{ readonly seconds: number; readonly samples: readonly MemorySample[] }> {
    const started = performance.now();
    const run = await runIngest(args);
    const stop = new AbortController();
    const triage = startTriage(run.context, run.shared, stop.signal);
    const samples: MemorySample[] = [];
    const step = args.count / 200;
    let ended = false;
    const looking = (async () => {
      while (!ended) {
        const events = run.appended();
        if (events >= (samples.at(-1)?.events ?? -step) + step)
          samples.push({ events, resident: process.memoryUsage.rss() });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    await run.all();
    while (triage.health().counts.raised < args.calls) await run.context.clock.sleep(10);
    ended = true;
    await looking;
    const seconds = (performance.now() - started) / 1000;
    stop.abort();
    await triage.ended;
    await run.stop();
    if (!args.keepState) rmSync(args.stateDir, { recursive: true, force: true });
    return { seconds, samples };
  },
};
