import type { ProvedHow } from '#domain/access/person.ts';
import type {
  ActedFrom,
  Disposition,
  EmergencyEnriched,
  EmergencyLinked,
  ReportedCall,
  Sealed,
} from '#domain/emergency/events.ts';

/** A notice about a call: raises the emergency, or adds to what is known of it. `match` says how it was found to be the same call. */
export interface ReportCall {
  readonly type: 'ReportCall';
  readonly call: ReportedCall;
  readonly match: EmergencyEnriched['data']['match'];
}

/** It may have to do with another emergency. */
export interface LinkEmergency {
  readonly type: 'LinkEmergency';
  readonly to: string;
  readonly why: EmergencyLinked['data']['why'];
}

/** Somebody takes it. */
export interface AcknowledgeEmergency {
  readonly type: 'AcknowledgeEmergency';
  readonly by: Sealed;
  /** Keyed hash of the name (`ports/key-store.ts` `token`): the same name gives the same token. */
  readonly byToken: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly from: ActedFrom;
  /** Absent: the name is claimed. */
  readonly proved?: ProvedHow;
}

/** Somebody says what it was; nothing but this ends an emergency. */
export interface ResolveEmergency {
  readonly type: 'ResolveEmergency';
  readonly by: Sealed;
  readonly byToken: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly disposition: Disposition;
  readonly note?: Sealed;
  readonly from: ActedFrom;
  /** Absent: the name is claimed. */
  readonly proved?: ProvedHow;
}

export type EmergencyCommand = ReportCall | LinkEmergency | AcknowledgeEmergency | ResolveEmergency;
