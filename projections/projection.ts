import type { LogPosition, RecordedEvent, SubscriptionFilter } from '#ports/event-log.ts';
import type { Change, ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

/** What is needed to read a model. */
export type Rows = Pick<ReadModelStore, 'read'>;

/** How a read model is folded from the log. */
export interface Projection {
  readonly schema: ReadModelSchema;
  /** Which events it is made of; without it all. */
  readonly filter?: SubscriptionFilter;
  /**
   * What events change, in log order. Nothing but the events and the model's own rows may go into it: no clock, no chance, nothing of other models. Never
   * throws for what an event holds: the log has events of other builds and other hands.
   */
  project(events: readonly RecordedEvent[], rows: Rows): Promise<readonly Change[]>;
}

/** One commit to a read model, for those who follow it. */
export interface Committed {
  readonly position: LogPosition;
  readonly changes: readonly Change[];
}
