import { type IngestArgs, runIngest } from '#bench/processes/run-ingest.ts';
import { startTriage } from '#cli/roles/triage.ts';

export interface MemorySample {
  /** Messages that are in the log by then. */
  readonly events: number;
  /** Bytes of the whole process that are in memory. */
  readonly resident: number;
}

/** Ingest and triage in one process, as `tocsin run ingest,triage` has them. */
export const stageJobs = {
  /** Lets all messages pass and looks at the memory every few thousand. */
  async pass(args: IngestArgs): Promise<{ readonly seconds: number; readonly samples: readonly MemorySample[] }> {
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
    await run.all;
    ended = true;
    await looking;
    const seconds = (performance.now() - started) / 1000;
    stop.abort();
    await triage.ended;
    await run.stop();
    return { seconds, samples };
  },
};
