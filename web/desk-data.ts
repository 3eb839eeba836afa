import type { ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom, Disposition } from '#domain/emergency/events.ts';
import type { Feed } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { HealthReport } from '#web/health-report.ts';

/**
 * Everything that the desk shows and does. The composition root satisfies it from read models, event log and sealer; every value is already
 * unsealed for who may read it (`[erased]` and `[locked]` included) and has the shape of the outer interface.
 */
export interface DeskData extends DeskReads {
  /** First acknowledgement wins; the same `by` again is a success that changes nothing. */
  acknowledge(id: string, act: Act): Promise<AcknowledgeResult>;
  resolve(id: string, act: ResolveAct): Promise<ResolveResult>;
  /** Asked about every two seconds while somebody looks: must be cheap. */
  health(): Promise<HealthReport>;
  /** Prometheus text format 0.0.4, nothing personal in it. */
  metrics(): Promise<string>;
  /** The keyed hash by which {@link AuditFilter} knows a caller, of a key as `callerKeyOf` makes it. */
  callerToken(key: string): string;
  /** True once the read models have caught up and calls can be shown. */
  ready(): Promise<boolean>;
}

/** What can be read. */
export interface DeskReads {
  readonly emergencies: EmergencyReads;
  readonly audit: AuditReads;
}

export const emergencyStates = ['unacknowledged', 'acknowledged', 'resolved'] as const;
type EmergencyState = (typeof emergencyStates)[number];

/** An emergency as people and scripts see it; a field that is not known is absent. Times are ISO 8601 UTC. */
export interface EmergencyView {
  readonly id: string;
  readonly state: EmergencyState;
  /** False: it may be an emergency; `reasons` say why. */
  readonly verified: boolean;
  readonly reasons: readonly string[];
  readonly confidence?: 'high' | 'medium' | 'low';
  /** True for test calls and drills. */
  readonly test: boolean;
  readonly caller?: {
    readonly name?: string;
    readonly id?: string;
    readonly upn?: string;
    readonly callbackNumber?: string;
  };
  readonly dialledNumber?: string;
  readonly location?: LocationView;
  readonly policy?: string;
  readonly feeds: readonly Feed[];
  /** When Teams says that the call was. */
  readonly occurredAt?: string;
  /** When the hub got it. */
  readonly receivedAt: string;
  /** When it was in the log. */
  readonly raisedAt: string;
  readonly acknowledged?: { readonly by: string; readonly at: string; readonly from: ActedFrom };
  readonly resolved?: {
    readonly by: string;
    readonly at: string;
    readonly from?: ActedFrom;
    readonly disposition: Disposition;
    readonly note?: string;
  };
  /** The text of the message, where the chat reported it. */
  readonly text?: string;
  readonly language?: string;
  readonly callEventType?: string;
  /** Other emergencies that may have to do with it. */
  readonly links?: readonly { readonly to: string; readonly why: string }[];
  /** Revision of the last event of its stream. */
  readonly revision: number;
}

/** The place that was sent with the call; degrees are WGS 84. */
export interface LocationView {
  readonly street?: string;
  readonly additionalInfo?: string;
  readonly companyName?: string;
  readonly city?: string;
  readonly county?: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly floor?: string;
  readonly room?: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

/** One change of an emergency: how it was after the event at `position`. */
export interface EmergencyChange {
  readonly position: string;
  readonly emergency: EmergencyView;
}

interface EmergencyQuery {
  readonly state?: EmergencyState;
  /** By `raisedAt`, inclusive; ISO 8601 UTC. */
  readonly since?: string;
  /** By `raisedAt`, exclusive; ISO 8601 UTC. */
  readonly until?: string;
  readonly test?: boolean;
  /** 1 to 1,000. */
  readonly limit: number;
  /** `next` of an earlier answer to the same filters. */
  readonly cursor?: string;
}

interface EmergencyPage {
  readonly items: readonly EmergencyView[];
  /** Absent on the last page. */
  readonly next?: string;
  /** Up to where in the log the answer is complete: `changesAfter` it lacks and repeats nothing. */
  readonly position: string;
}

export interface EmergencyReads {
  /** Newest first. `unknown-cursor` where the cursor is not one that was handed out. */
  list(query: EmergencyQuery): Promise<({ readonly ok: true } & EmergencyPage) | UnknownCursor>;
  /** Undefined where there is none. */
  get(id: string): Promise<{ readonly emergency: EmergencyView; readonly story: readonly AuditRecord[] } | undefined>;
  /** Every emergency that is not resolved, the one whose last change is oldest first, each with the position of its last change. */
  open(): Promise<{ readonly changes: readonly EmergencyChange[]; readonly position: string }>;
  /** A position up to which everything in the log was looked at; undefined until all is there that was in the log at the start. */
  upTo(): Promise<string | undefined>;
  /** In log order, exclusive; fewer than `limit` means that nothing more is there yet. */
  changesAfter(position: string, limit: number): Promise<readonly EmergencyChange[]>;
  /**
   * Told of every change in log order from now on, as soon as `open` and `changesAfter` show it and never before; does not wait. Where a change cannot be
   * handed over, `onFailure` is called and nothing after it: the page then begins again where it was. Returns how to end it.
   */
  subscribe(listener: (change: EmergencyChange) => void, onFailure: (error: unknown) => void): () => void;
}

interface UnknownCursor {
  readonly ok: false;
  readonly reason: 'unknown-cursor';
}

/** Who acts and over which way. `by` is claimed, unless `proved` says who it is. */
interface Act {
  readonly by: string;
  readonly from: ActedFrom;
  readonly proved?: ProvedPerson;
}

interface ResolveAct extends Act {
  readonly disposition: Disposition;
  readonly note?: string;
}

export type AcknowledgeResult =
  | { readonly ok: true; readonly emergency: EmergencyView }
  | { readonly ok: false; readonly reason: 'already-acknowledged' | 'resolved'; readonly emergency: EmergencyView }
  | NotDone;

export type ResolveResult =
  | { readonly ok: true; readonly emergency: EmergencyView }
  | { readonly ok: false; readonly reason: 'resolved'; readonly emergency: EmergencyView }
  | NotDone;

type NotDone =
  | { readonly ok: false; readonly reason: 'not-found' }
  /** The log or the key store cannot be reached, and nothing was recorded; `detail` is for operators and names nobody. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string }
  /** It may be recorded: the log did not say, or this desk is behind it. */
  | { readonly ok: false; readonly reason: 'outcome-unknown'; readonly detail: string };

/** A stored event in the outer shape, its sealed values unsealed. */
export interface AuditRecord {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export interface AuditFilter {
  readonly stream?: string;
  readonly type?: string;
  /** By `recordedAt`, inclusive; ISO 8601 UTC. */
  readonly since?: string;
  /** By `recordedAt`, exclusive; ISO 8601 UTC. */
  readonly until?: string;
  /** Everything that has to do with one emergency: its stream and the notices behind it. */
  readonly emergency?: string;
  readonly feed?: Feed;
  /** What is about one caller, by {@link DeskData.callerToken}. */
  readonly callerToken?: string;
}

export interface AuditQuery extends AuditFilter {
  /** `oldest`: log order after `after`; `newest`: against it, before `after`. */
  readonly order: 'oldest' | 'newest';
  /** Exclusive; without it from that end of the log. */
  readonly after?: string;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface AuditReads {
  /** At most `limit` records. The next one is fetched only when it is asked for; ending the iteration early frees everything. */
  page(query: AuditQuery): AsyncIterable<AuditRecord>;
  get(idOrPosition: string): Promise<AuditDetail | undefined>;
  counts(filter: AuditFilter): Promise<AuditCounts>;
}

export interface AuditDetail {
  readonly record: AuditRecord;
  /** The event that caused it, then what caused that. */
  readonly causes: readonly AuditReference[];
  readonly effects: readonly AuditReference[];
}

export interface AuditReference {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly recordedAt: string;
}

/** How many events the filter finds, and how they divide; most first. */
export interface AuditCounts {
  readonly total: number;
  readonly byType: readonly { readonly name: string; readonly count: number }[];
  readonly byStream: readonly { readonly name: string; readonly count: number }[];
}
