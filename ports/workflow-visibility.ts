import type { Json } from '#kernel/json.ts';

/**
 * What the workflow engine knows about all of its entities, and what it starts by itself at set times. Its own port, because the engine that skips time in
 * tests has neither. Answers about entities may be some seconds old.
 */
export interface WorkflowVisibility {
  /** Running entities that fit, in no set order, at most `most`; `more` says that there are others. */
  list(filter: EntityFilter, most: number): Promise<ListEntitiesResult>;
  count(filter: EntityFilter): Promise<CountEntitiesResult>;
  /** Makes a schedule, or changes the one of that id to be so; one that somebody paused stays paused. */
  ensureSchedule(schedule: WorkflowSchedule): Promise<ScheduleResult>;
  /** Fine where there is none. */
  removeSchedule(id: string): Promise<ScheduleResult>;
}

/** All that are given must fit. */
export interface EntityFilter {
  /** What it is, such as `subscription`. */
  readonly kind?: string;
  readonly state?: string;
  readonly feed?: string;
  readonly policy?: string;
}

/** An entity as the engine lists it. */
export interface ListedEntity {
  readonly workflowId: string;
  /** Name of its workflow. */
  readonly type: string;
  /** Of its first run, not of the present one: milliseconds since 1970; absent where the engine does not say. */
  readonly startedAt?: number;
  readonly kind?: string;
  readonly state?: string;
  readonly feed?: string;
  readonly policy?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** Starts a workflow again and again; never a second one while the last one runs. */
export interface WorkflowSchedule {
  readonly id: string;
  /** Milliseconds, at least 1,000. Counted from 1970, so that a restart changes nothing. */
  readonly everyMs: number;
  /** Milliseconds, below `everyMs`: moves it away from full hours and from other schedules. */
  readonly offsetMs?: number;
  readonly workflow: {
    readonly type: string;
    /** The engine adds the time. */
    readonly workflowId: string;
    readonly taskQueue: string;
    readonly args: readonly Json[];
  };
}

export interface VisibilityUnavailable {
  readonly ok: false;
  readonly reason: 'unavailable';
  readonly detail: string;
}

export type ListEntitiesResult =
  | { readonly ok: true; readonly entities: readonly ListedEntity[]; readonly more: boolean }
  | VisibilityUnavailable;
export type CountEntitiesResult = { readonly ok: true; readonly count: number } | VisibilityUnavailable;
export type ScheduleResult = { readonly ok: true; readonly changed: boolean } | VisibilityUnavailable;
