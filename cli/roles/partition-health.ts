import type { LastEnqueued } from '#ports/event-source.ts';
import type { Away } from '#processor/ingest/partition.ts';

/** How one partition is read by this process. Times are milliseconds since 1970 UTC. */
export interface PartitionHealth {
  readonly partition: string;
  readonly state: 'reading' | 'waiting' | 'stopped';
  readonly since: number;
  /** Why it is not read, or why the hub does not answer for it. */
  readonly detail?: string;
  /** What does not answer. */
  readonly away?: Away;
  /** When the hub last answered for it. */
  readonly heardAt?: number;
  /** Sequence number up to which the log has everything; -1 when nothing was ever there. */
  readonly appendedTo: number;
  /** Offset of that message, once this process has appended one. */
  readonly appendedOffset?: string;
  readonly lastEnqueued?: LastEnqueued;
  /** Messages that the hub has and the log has not. */
  readonly lagMessages?: number;
  /** Age of the oldest of them, 0 when there is none. */
  readonly lagMs?: number;
}
