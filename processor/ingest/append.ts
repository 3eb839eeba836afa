import { assertNever } from '#kernel/assert-never.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

export interface AppendDeps {
  readonly log: Pick<EventLog, 'append'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told of every attempt that did not end in an answer; for metrics and logs. `detail`: what the log said, such as that its disk is full. */
  readonly onRetry: (
    reason: string,
    attempt: number,
    about: { readonly stream: string; readonly detail: string },
  ) => void;
}

export type SettledAppend =
  | { readonly outcome: 'appended'; readonly revision: number }
  /** The stream is not where we thought. `doubtful`: an earlier attempt of this very append may be what moved it. */
  | { readonly outcome: 'conflict'; readonly actual: ExpectedRevision; readonly doubtful: boolean }
  | {
      readonly outcome: 'refused';
      readonly reason: 'too-large' | 'invalid' | 'stream-deleted' | 'access-denied';
      readonly detail: string;
    }
  | { readonly outcome: 'stopped' };

/**
 * Appends until there is an answer: a repeat with the same ids at the same revision is always safe, so whatever may or may not
 * have been written is asked again, with growing pauses and jitter, until the signal is aborted.
 */
export async function appendSettled(
  deps: AppendDeps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  signal: AbortSignal,
): Promise<SettledAppend> {
  let doubtful = false;
  for (let attempt = 1; !signal.aborted; attempt++) {
    const result = await deps.log.append(stream, expected, events);
    if (result.ok) return { outcome: 'appended', revision: result.revision };
    switch (result.reason) {
      case 'wrong-expected-revision':
        return { outcome: 'conflict', actual: result.actual, doubtful };
      case 'too-large':
        return { outcome: 'refused', reason: 'too-large', detail: `limit ${result.limit} bytes` };
      case 'invalid':
      case 'stream-deleted':
        return { outcome: 'refused', reason: result.reason, detail: result.detail };
      case 'unknown-outcome':
        doubtful = true;
        break;
      case 'unavailable':
      case 'access-denied':
        break;
      default:
        assertNever(result);
    }
    deps.onRetry(result.reason, attempt, { stream, detail: result.detail });
    await deps.clock.sleep(pause(attempt, deps.ids.fraction()), signal);
  }
  return { outcome: 'stopped' };
}

/** Milliseconds before the next attempt: 50 ms doubling up to 5 s, half of it by chance. */
export function pause(attempt: number, fraction: number): number {
  const ceiling = Math.min(5000, 50 * 2 ** Math.min(attempt - 1, 10));
  return ceiling / 2 + (ceiling / 2) * fraction;
}
