import type { EventHubsFailureKind } from '#adapters/event-hubs/errors.ts';
import type { ReopenReason } from '#adapters/event-hubs/prefetch.ts';

/** What became of the reading of one partition; told when it changes. */
export type PartitionState =
  /** The service answers, and everything it has up to now arrived or is on its way. */
  | { readonly state: 'listening' }
  /** The link is open, but the service refuses to say whether anything is missing; it is asked again. */
  | { readonly state: 'unproved'; readonly reason: EventHubsFailureKind; readonly detail: string }
  /** It cannot be read for now; tried again in `retryInMs`. */
  | {
      readonly state: 'down';
      readonly reason: EventHubsFailureKind;
      readonly detail: string;
      readonly retryInMs: number;
    }
  /**
   * The link was opened anew, without a loss: `silent` where messages did not arrive, `buffer`, `faster` and `credit` to fit what is fetched
   * ahead to the memory allowed, `replaced` with a new connection.
   */
  | { readonly state: 'reopened'; readonly why: ReopenReason | 'silent' | 'replaced' };
