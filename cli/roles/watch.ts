import type { RunContext } from '#cli/roles/context.ts';
import type { ListeningState } from '#cli/roles/listening.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { HubFacts } from '#domain/watch/judge.ts';
import { createWatch, type WatchTarget } from '#processor/watch/watch.ts';

/** Puts on record when each feed was watched, from a process that reads the hub; resolves when the signal was aborted. */
export function startWatch(
  context: RunContext,
  shared: Shared,
  targets: readonly WatchTarget[],
  listening: () => ListeningState,
  signal: AbortSignal,
): Promise<void> {
  const { clock, ids, log } = context;
  const by = context.recordedBy('ingest');
  const watch = createWatch({
    ...{ log: shared.eventLog, clock, ids, targets },
    metadata: (causationId, correlationId) => eventMetadata(by, clock.now(), correlationId, causationId),
    hub: () => hubFacts(listening(), clock.now()),
    onWaiting: (detail) => log.debug({ detail }, 'the record of the watch waits for the log'),
  });
  return watch
    .run(signal)
    .catch((error: unknown) => log.error({ err: error }, 'the record of the watch ended by itself'));
}

function hubFacts({ ok, lastProofAt, word, cause = 'partition-not-read' }: ListeningState, now: number): HubFacts {
  if (ok) return { ok: true, provedAt: lastProofAt ?? now };
  return {
    ...{ ok: false, cause },
    ...(lastProofAt === undefined ? {} : { provedAt: lastProofAt }),
    ...(word === undefined ? {} : { detail: word }),
  };
}
