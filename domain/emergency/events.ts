import type { ProvedHow } from '#domain/access/person.ts';
import type { PageOutcome } from '#domain/emergency/paging.ts';
import type { CallReport } from '#domain/notices/item.ts';
import type { SealedValue } from '#domain/personal.ts';

/** A personal field in a stored event. Machines that only pass it on never open it. */
export type Sealed = SealedValue;

/** What one notice says about a call, with its personal fields sealed, and where it came from. */
export interface ReportedCall extends CallReport<Sealed> {
  /** Id of the `inbox-*` event. */
  readonly noticeId: string;
  /** When the hub got it, ISO 8601 UTC. */
  readonly receivedAt: string;
}

export interface EmergencyRaised {
  readonly type: 'EmergencyRaised';
  readonly data: { readonly call: ReportedCall };
}

/** A further notice of the same call. `match` says how it was found to be the same; `same-chat` stands in events of older builds alone. */
export interface EmergencyEnriched {
  readonly type: 'EmergencyEnriched';
  readonly data: { readonly call: ReportedCall; readonly match: 'same-provider-id' | 'caller-and-time' | 'same-chat' };
}

/** It may have to do with another emergency: people see both, nothing is merged. */
export interface EmergencyLinked {
  readonly type: 'EmergencyLinked';
  readonly data: {
    readonly to: string;
    readonly why: 'caller-and-time-ambiguous' | 'redial' | 'same-chat' | 'fetched-late';
  };
}

export interface EmergencyAcknowledged {
  readonly type: 'EmergencyAcknowledged';
  readonly data: {
    readonly by: Sealed;
    readonly byToken: string;
    readonly at: string;
    readonly from: ActedFrom;
    readonly proved?: ProvedHow;
  };
}

export interface EmergencyResolved {
  readonly type: 'EmergencyResolved';
  readonly data: {
    readonly by: Sealed;
    readonly byToken: string;
    readonly at: string;
    readonly disposition: Disposition;
    readonly note?: Sealed;
    readonly from: ActedFrom;
    /** How it was proved who it was; absent: the name is claimed. */
    readonly proved?: ProvedHow;
  };
}

/** One attempt to page responders over one channel. Nothing personal is in it. */
export interface ResponderPaged {
  readonly type: 'ResponderPaged';
  readonly data: {
    /** 1 for the first. */
    readonly attempt: number;
    /** Such as `webhook`. */
    readonly channel: string;
    /** 1 to 5. */
    readonly urgency: number;
    readonly outcome: PageOutcome;
    /** For operators: `HTTP 503`, `no answer in time`. */
    readonly detail: string;
    readonly test: boolean;
    /** When it was sent, ISO 8601 UTC. */
    readonly at: string;
  };
}

export const dispositions = ['real', 'test', 'misdial', 'false-alarm'] as const;
export type Disposition = (typeof dispositions)[number];

/** Which way a person's act came in. */
export type ActedFrom = 'desk' | 'cli' | 'api';

export type EmergencyEvent =
  | EmergencyRaised
  | EmergencyEnriched
  | EmergencyLinked
  | EmergencyAcknowledged
  | EmergencyResolved
  | ResponderPaged;
