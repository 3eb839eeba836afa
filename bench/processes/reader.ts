import { rmSync } from 'node:fs';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { hubName, partitionIds } from '#bench/processes/hub.ts';
import { type IngestArgs, runIngest } from '#bench/processes/run-ingest.ts';
import { startTimer, type Timed } from '#bench/processes/timed.ts';

/** Reads the hub: the vendor's client alone, and Tocsin's ingest. One process is asked for one of them only. */
export const readerJobs = {
  /** The vendor's client alone, with the settings that were measured to be its fastest, handing bytes to nobody. */
  async receive({ eventHubs, count }: { readonly eventHubs: string; readonly count: number }): Promise<Timed> {
    const ended = startTimer();
    const client = new EventHubConsumerClient('$Default', eventHubs, hubName);
    const all = Promise.withResolvers<void>();
    let received = 0;
    const subscriptions = partitionIds.map((partitionId) =>
      client.subscribe(
        partitionId,
        {
          processEvents: async (events) => {
            received += events.length;
            if (received >= count) all.resolve();
          },
          processError: async (error) => all.reject(error),
        },
        {
          startPosition: { offset: '-1' },
          maxBatchSize: 500,
          prefetchCount: 3000,
          maxWaitTimeInSeconds: 30,
          skipParsingBodyAsJson: true,
        },
      ),
    );
    await all.promise;
    const timed = ended();
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await client.close();
    return timed;
  },

  /** Hub to log, from before the first connection until the last message is in the log. */
  async ingest(args: IngestArgs): Promise<Timed> {
    const ended = startTimer();
    const run = await runIngest(args);
    await run.all;
    const timed = ended();
    await run.stop();
    rmSync(args.stateDir, { recursive: true, force: true });
    return timed;
  },
};
