import type { Clock } from '#ports/clock.ts';
import type { AppendResult, EventLog, ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

export interface RetryDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told why something has to be tried again; `undefined` once it worked. */
  readonly onWaiting?: (detail: string | undefined) => void;
}

/** An outcome that is known and that waiting does not change. */
export type KnownOutcome = Exclude<AppendResult, { reason: 'unknown-outcome' | 'unavailable' | 'access-denied' }>;

const firstDelayMs = 50;
const longestDelayMs = 2_000;

/** Repeats an append with the same ids and the same revision until its outcome is known; undefined when the signal was aborted before that. */
export function appendSurely(
  deps: RetryDeps,
  signal: AbortSignal,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<KnownOutcome | undefined> {
  return surely<KnownOutcome>(deps, signal, async () => {
    const result = await deps.log.append(stream, expected, events);
    if (result.ok) return { done: result };
    switch (result.reason) {
      case 'unknown-outcome':
      case 'unavailable':
      case 'access-denied':
        return { again: result.detail };
      default:
        return { done: result };
    }
  });
}

/** Tries until there is an answer, waiting ever longer; undefined when the signal was aborted before that. */
export async function surely<T>(
  deps: Pick<RetryDeps, 'clock' | 'ids' | 'onWaiting'>,
  signal: AbortSignal,
  attempt: () => Promise<{ readonly done: T } | { readonly again: string }>,
): Promise<T | undefined> {
  for (let n = 0; !signal.aborted; n++) {
    const outcome = await attempt();
    if (!('again' in outcome)) {
      if (n > 0) deps.onWaiting?.(undefined);
      return outcome.done;
    }
    deps.onWaiting?.(outcome.again);
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(n, 10));
    await deps.clock.sleep(delay * (0.5 + deps.ids.fraction() / 2), signal);
  }
  return undefined;
}
