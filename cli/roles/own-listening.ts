import type { RunContext } from '#cli/roles/context.ts';
import { openOwnership, type RunningIngest } from '#cli/roles/ingest.ts';
import { createListening, type Listening } from '#cli/roles/listening.ts';
import type { Reached } from '#cli/roles/reached.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import type { EventSource } from '#ports/event-source.ts';

/** Of a process that reads the hub itself, perhaps together with others. */
export async function openOwnListening(
  context: RunContext,
  shared: Shared,
  hub: EventHubsSetting | undefined,
  ingest: RunningIngest,
  reached: () => Reached = () => 'yes',
): Promise<{ readonly listening: Listening; close(): Promise<void> }> {
  const ownership = await openOwnership(context, hub);
  const source: Pick<EventSource, 'partition'> = {
    partition: (partition, signal) => ingest.source.partition(partition, signal),
  };
  const elsewhere = { ownership, source, log: shared.eventLog, hub: context.settings.eventHub };
  return {
    listening: createListening({
      ...{ clock: context.clock, own: ingest.probe.ofHub, reached },
      elsewhere: { ...elsewhere, self: context.instanceId },
    }),
    close: () => ownership.close(),
  };
}
