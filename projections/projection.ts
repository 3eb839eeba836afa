import type { LogPosition, RecordedEvent, SubscriptionFilter } from '#ports/event-log.ts';
import type { Change, ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

/** How a read model is folded from the log. */
export interface Projection {
  readonly schema: ReadModelSchema;
  /** Which events it is made of; without it all. */
  readonly filter?: SubscriptionFilter;
  /** Most events of one transaction: what one of them may hold up others for. */
  readonly batchSize: number;
  /**
   * Milliseconds for which events gather before the next commit while it follows live: one commit of several costs hardly more than of one, and what nobody waits
   * for must not take the processor from what somebody does. Absent: each is committed at once.
   */
  readonly gatherMs?: number;
  /**
   * What events change, in log order. Nothing but the events and the model's own rows may go into it: no clock, no chance, nothing of other models, and not
   * where one batch ends and the next begins. Never throws for what an event holds: the log has events of other builds and other hands.
   */
  project(events: readonly RecordedEvent[], rows: Pick<ReadModelStore, 'read'>): Promise<readonly Change[]>;
}

/** One commit to a read model, for those who follow it. */
export interface Committed {
  readonly position: LogPosition;
  readonly changes: readonly Change[];
}

/** True for an event that the projection is made of: for reading without a subscription's filter. */
export function isWanted(filter: SubscriptionFilter | undefined, event: RecordedEvent): boolean {
  if (filter === undefined) return true;
  const text = filter.by === 'stream-prefix' ? event.stream : event.type;
  return filter.prefixes.some((prefix) => text.startsWith(prefix));
}
