import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { runAlarms } from '#cli/roles/alarms-running.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import { createReadModel } from '#projections/read-model.ts';
import { watchProjection } from '#projections/watch/projection.ts';
import { createWatchQueries } from '#projections/watch/queries.ts';

/**
 * Alarms and gauges of a process without a desk: it keeps the one read model that they are made from, in a folder of its own, so that nobody is left
 * in the dark while the desk is away. Resolves when the signal was aborted.
 */
export async function runAlarmsOfRecord(
  context: RunContext,
  shared: Shared,
  targets: readonly WatchTarget[],
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = context;
  const model = createReadModel({
    ...{ projection: watchProjection, log: shared.eventLog, clock },
    stores: createReadModelFiles({ folder: context.file('worker-read-models') }),
    onReport: (report) => log.warn({ ...report }, 'a read model is made again from the log, or tried again'),
  });
  const watch = { queries: createWatchQueries(model.store), known: () => model.state().caughtUp };
  await Promise.all([model.run(signal), runAlarms({ context, targets, watch, signal })]);
  await model.close();
}
