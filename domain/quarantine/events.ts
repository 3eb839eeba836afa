import type { ProvedHow } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type { SealedValue } from '#domain/personal.ts';

/** One stream for each stored event whose bytes somebody asked to be published again: `quarantine-<id of that event>`. */
export const quarantineStreams = 'quarantine-';

export function quarantineStream(eventId: string): string {
  return `${quarantineStreams}${eventId}`;
}

/** What came of it. `destroyed`: its key is gone; `cut`: only a part of the bytes was kept; `missing`: the log has no such event. */
export const republishOutcomes = ['published', 'destroyed', 'damaged', 'cut', 'missing', 'too-large'] as const;
export type RepublishOutcome = (typeof republishOutcomes)[number];

export type QuarantineEvent =
  /** Somebody asked for it. Where the event stands, as a log finds none by its id. */
  | {
      readonly type: 'RepublishingRequested';
      readonly data: {
        readonly by: SealedValue;
        readonly byToken: string;
        readonly proved?: ProvedHow;
        readonly over: ActedFrom;
        /** ISO 8601 UTC. */
        readonly at: string;
        readonly stream: string;
        readonly revision: number;
      };
    }
  | {
      readonly type: 'QuarantineRepublished';
      readonly data: { readonly at: string; readonly outcome: RepublishOutcome };
    };
