import type { ActedFrom, Disposition, ReportedCall, Sealed } from '#domain/emergency/events.ts';
import type { Feed } from '#domain/notices/item.ts';

/** One emergency, as its stream tells it. Plain JSON throughout, so that read models can keep it. */
export type EmergencyState = NoEmergency | UnacknowledgedEmergency | AcknowledgedEmergency | ResolvedEmergency;

/** Nothing was raised yet. Links may stand before that when another triage raised the other end of one. */
export interface NoEmergency {
  readonly status: 'none';
}

export interface UnacknowledgedEmergency extends Story {
  readonly status: 'unacknowledged';
}

export interface AcknowledgedEmergency extends Story {
  readonly status: 'acknowledged';
  readonly acknowledged: Acknowledgement;
}

export interface ResolvedEmergency extends Story {
  readonly status: 'resolved';
  /** Absent when it was resolved at once. */
  readonly acknowledged?: Acknowledgement;
  readonly resolved: Resolution;
}

/** What every emergency that was raised has. */
export interface Story {
  readonly call: KnownCall;
  /** Ids of the `inbox-*` events that it is made of. */
  readonly notices: readonly string[];
  readonly links: readonly EmergencyLink[];
}

export interface EmergencyLink {
  /** Id of the other emergency. */
  readonly to: string;
  readonly why: 'caller-and-time-ambiguous' | 'redial' | 'same-chat' | 'fetched-late';
}

export interface Acknowledgement {
  readonly by: Sealed;
  /** Keyed hash of the name: equal tokens are the same person. */
  readonly byToken: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly from: ActedFrom;
}

export interface Resolution extends Acknowledgement {
  readonly disposition: Disposition;
  readonly note?: Sealed;
}

/** Which call of which feed an emergency stands for: `call` is the provider's own id of it, hashed (domain/names.ts `emergencyIdOf`). */
export interface ProviderCall {
  readonly feed: Feed;
  readonly call: string;
}

/**
 * What all reports together say about a call (domain/emergency/merge.ts). `from` says for each field how good the report was that it came from, so that
 * a better one may replace it and a worse one may not.
 */
export interface KnownCall
  extends Omit<ReportedCall, 'feed' | 'emergencyId' | 'noticeId' | 'contentToken' | 'chatToken'> {
  readonly feeds: readonly Feed[];
  readonly providerCalls: readonly ProviderCall[];
  readonly chatTokens: readonly string[];
  /** Tokens of what the reports said, to know a repetition by. */
  readonly contentTokens: readonly string[];
  /** False: it may be no emergency at all, or all that is known may come from somebody who is not Microsoft. */
  readonly verified: boolean;
  /** False: every notice of it carried a secret that is none of ours. */
  readonly trusted: boolean;
  readonly from: { readonly [field: string]: number };
}

export const noEmergency: NoEmergency = { status: 'none' };
