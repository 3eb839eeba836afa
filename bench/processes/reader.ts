import { rmSync } from 'node:fs';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { hubName, partitionIds } from '#bench/processes/hub.ts';
import { type IngestArgs, runIngest } from '#bench/processes/run-ingest.ts';
import { createTimedEvents, sweep, type TimedEvents } from '#bench/processes/timed.ts';

/** Reads the hub: the vendor's client alone, and Tocsin's ingest. One process is asked for one of them only. */
export const readerJobs = {
  /** The vendor's client alone, with the settings that were measured to be its fastest, handing bytes to nobody. */
  async receive({ eventHubs, count }: { readonly eventHubs: string; readonly count: number }): Promise<TimedEvents> {
    sweep();
    const client = new EventHubConsumerClient('$Default', eventHubs, hubName);
    const timed = createTimedEvents(count);
    const failed = Promise.withResolvers<never>();
    let received = 0;
    const subscriptions = partitionIds.map((partitionId) =>
      client.subscribe(
        partitionId,
        {
          processEvents: async (events) => {
            received += events.length;
            timed.passed(received);
          },
          processError: async (error) => failed.reject(error),
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
    const result = await Promise.race([timed.all, failed.promise]);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await client.close();
    return result;
  },

  /** Hub to log, until the last message is in the log. */
  async ingest(args: IngestArgs): Promise<TimedEvents> {
    sweep();
    const run = await runIngest(args);
    const timed = createTimedEvents(args.count);
    await run.all(timed.passed);
    const result = await timed.all;
    await run.stop();
    rmSync(args.stateDir, { recursive: true, force: true });
    return result;
  },
};
