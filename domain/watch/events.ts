/** Why a feed was not watched; one closed list, from which the words for people come. */
export const gapCauses = [
  'not-started',
  'tocsin-not-running',
  'hub-unreachable',
  'partition-not-read',
  'event-log-unreachable',
  'subscription-missing',
  'subscription-expired',
  'subscription-removed',
  'delivery-paused',
  'sign-in-needed',
  'admin-must-act',
  'graph-unreachable',
] as const;
export type GapCause = (typeof gapCauses)[number];

/**
 * What is on record in `watch-<feed>`: intervals in which the feed was provably watched, and the gaps between them. Times are ISO 8601 UTC. `policy` is
 * there for the events feed, where every policy has a subscription of its own. `lossesTo`: times without a subscription that ended until then are in the record.
 */
export type WatchEvent =
  /** From here on it is watched, by this proof. */
  | {
      readonly type: 'WatchOpened';
      readonly data: {
        readonly policy?: string;
        readonly at: string;
        readonly proof: string;
        readonly lossesTo?: string;
      };
    }
  /** Still watched, since when; written about once a minute, so that a crash leaves a gap that begins at the last proof and not in doubt. */
  | {
      readonly type: 'WatchProved';
      readonly data: {
        readonly policy?: string;
        readonly at: string;
        readonly proof: string;
        readonly since?: string;
        readonly lossesTo?: string;
      };
    }
  /** Not watched from `at` on: never later than the truth. */
  | {
      readonly type: 'WatchClosed';
      readonly data: {
        readonly policy?: string;
        readonly at: string;
        readonly cause: GapCause;
        readonly detail?: string;
        readonly lossesTo?: string;
      };
    };
