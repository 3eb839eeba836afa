import type { RunContext } from '#cli/roles/context.ts';
import { openOwnership, type RunningIngest } from '#cli/roles/ingest.ts';
import { createListening, type Listening, type Reached } from '#cli/roles/listening.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { EventHubsSetting } from '#config/parsers.ts';

/** Of a process that reads the hub itself, perhaps together with others. */
export async function openOwnListening(
  context: RunContext,
  shared: Shared,
  hub: EventHubsSetting | undefined,
  ingest: RunningIngest,
  reached: () => Reached = () => 'yes',
): Promise<{ readonly listening: Listening; close(): Promise<void> }> {
  const ownership = await openOwnership(context, hub);
  const elsewhere = { ownership, source: undefined, log: shared.eventLog, hub: context.settings.eventHub };
  return {
    listening: createListening({
      ...{ clock: context.clock, own: ingest.probe.partitions, reached },
      elsewhere: { ...elsewhere, self: context.instanceId },
    }),
    close: () => ownership.close(),
  };
}
