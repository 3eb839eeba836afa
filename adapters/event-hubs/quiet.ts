import type { EventHubsTuning } from '#adapters/event-hubs/tuning.ts';
import type { PartitionProperties } from '#ports/event-source.ts';

/** Tells a quiet partition from one that is stuck. Times are on the monotonic clock. */
export interface Quiet {
  heard(now: number): void;
  /** The client reported that nothing came. True once, when the service should be asked for the first time. */
  waited(): boolean;
  /** Whether the service should be asked now. */
  due(now: number): boolean;
  answered(partition: PartitionProperties, delivered: number | undefined, now: number): QuietVerdict;
}

export type QuietVerdict =
  /** Nothing is missing: the partition is listened to. */
  | 'fine'
  /** Something is missing, but it may be on its way. */
  | 'suspicious'
  /** Messages stay away: the link is stuck. */
  | 'silent'
  /** The partition ends before the position: it is no longer the one that was read. */
  | 'beyond-the-end';

/**
 * A receiver cannot know whether nothing was sent or nothing arrives, so after a quiet time the service is asked where the partition
 * ends. One answer that does not fit proves nothing, as messages overtake answers; the same after a while does.
 */
export function createQuiet(tuning: EventHubsTuning, openedAt: number): Quiet {
  let asked = false;
  let quietSince = openedAt;
  let askAt = openedAt + tuning.watchdogMs;
  let suspect: { readonly since: number; readonly delivered: number | undefined } | undefined;
  return {
    heard: (now) => {
      quietSince = now;
      askAt = now + tuning.watchdogMs;
      suspect = undefined;
    },
    waited: () => {
      const first = !asked;
      asked = true;
      return first;
    },
    due: (now) => {
      if (now < askAt) return false;
      asked = true;
      askAt = now + tuning.watchdogMs;
      return true;
    },
    answered: (partition, delivered, now) => {
      const missing = !partition.isEmpty && partition.lastEnqueuedSequenceNumber > (delivered ?? -1);
      const beyond = delivered !== undefined && partition.lastEnqueuedSequenceNumber < delivered;
      if (!missing && !beyond) {
        suspect = undefined;
        return 'fine';
      }
      if (suspect === undefined || suspect.delivered !== delivered || suspect.since < quietSince) {
        suspect = { since: now, delivered };
        askAt = now + tuning.silenceMs;
        return 'suspicious';
      }
      if (now - suspect.since < tuning.silenceMs) return 'suspicious';
      return beyond ? 'beyond-the-end' : 'silent';
    },
  };
}
