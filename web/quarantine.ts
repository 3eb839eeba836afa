import type { ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type { RepublishOutcome } from '#domain/quarantine/events.ts';
import type { LogPosition } from '#ports/event-log.ts';

/** What an operator asks about messages that nobody could read; the composition root satisfies it. Nobody is shown their bytes. */
export interface Quarantine {
  /** Newest first. @param before position in the log, as the page before gave it */
  list(before?: LogPosition): Promise<QuarantinePage>;
  /** On record when it answers; the role `resolve` does it. */
  publish(
    id: string,
    act: { readonly by: string; readonly from: ActedFrom; readonly proved?: ProvedPerson },
  ): Promise<PublishAnswer>;
}

export interface QuarantinePage {
  /** At most {@link mostQuarantined}; a page without any may still have a next one. */
  readonly items: readonly QuarantinedView[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: LogPosition;
}

/** Most items of a page. */
export const mostQuarantined = 1000;

export type PublishAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not-found' }
  /** It was asked for and is not done yet, or there is nothing left to publish. */
  | { readonly ok: false; readonly reason: 'refused' | 'unavailable'; readonly detail: string };

/** One message, or item of one. Times are ISO 8601 UTC. */
export interface QuarantinedView {
  /** Of the stored event. */
  readonly id: string;
  readonly recordedAt: string;
  readonly type: string;
  /** Why nobody could read it: a word. */
  readonly why: string;
  /** Of the hub. */
  readonly partition: string;
  readonly stream: string;
  /** How long it was, in bytes, where that is on record. */
  readonly bytes?: number;
  /** Until when it can be published again. */
  readonly readableUntil: string;
  /** `kept`: nobody asked for it; `gone`: its key is destroyed; `requested`: not done yet; else what came of it. */
  readonly state: 'kept' | 'gone' | 'requested' | RepublishOutcome;
}
