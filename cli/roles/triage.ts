import type { RunContext } from '#cli/roles/context.ts';
import { runAnew } from '#cli/roles/run-anew.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { createTriage, type TriageDeps, type TriageHealth } from '#processor/triage/triage.ts';

export interface RunningTriage {
  readonly health: () => TriageHealth;
  readonly ended: Promise<void>;
}

export function startTriage(context: RunContext, shared: Shared, signal: AbortSignal): RunningTriage {
  const { clock, ids, log, metrics } = context;
  const by = context.recordedBy('triage');
  const deps: TriageDeps = {
    log: shared.eventLog,
    clock,
    ids,
    instanceId: context.instanceId,
    metadata: (causationId, correlationId) => eventMetadata(by, clock.now(), correlationId, causationId),
    observe(outcome, { stream, revision }) {
      metrics.triageEvents.inc({ outcome: outcome.kind });
      if (outcome.kind !== 'refused') return;
      metrics.errors.inc({ code: 'triage-refused' });
      const { emergencyId, detail } = outcome;
      log.error(
        { stream, revision, emergencyId, detail },
        'the log does not take what a notice means; it stays in the record',
      );
    },
    onError: (error, event) => {
      metrics.errors.inc({ code: 'triage-failed' });
      log.error(
        {
          stream: event.stream,
          revision: event.revision,
          err:
            error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : String(error),
        },
        'a notice could not be judged; it stays in the record',
      );
    },
  };
  let triage = createTriage(deps);
  const ended = runAnew(context, 'triage', signal, () => {
    triage = createTriage(deps);
    return triage.run(signal);
  });
  return { health: () => triage.health(), ended };
}
