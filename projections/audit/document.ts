import type { Feed } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { LogPosition } from '#ports/event-log.ts';

/** A stored event in the outer shape, its personal values still sealed. */
export interface AuditDocument {
  readonly position: LogPosition;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** When the log wrote it, ISO 8601 UTC. */
  readonly recordedAt: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export interface AuditFilter {
  readonly stream?: string;
  readonly type?: string;
  /** By `recordedAt`, inclusive; ISO 8601. */
  readonly since?: string;
  /** By `recordedAt`, exclusive; ISO 8601. */
  readonly until?: string;
  /** Everything that has to do with one emergency: its stream and the notices behind it. */
  readonly emergency?: string;
  readonly feed?: Feed;
  /** Keyed hash of who called (`ports/key-store.ts` `token`). */
  readonly callerToken?: string;
}

export interface AuditQuery extends AuditFilter {
  /** `oldest`: log order after `after`; `newest`: against it, before `after`. */
  readonly order: 'oldest' | 'newest';
  /** Exclusive; without it from that end of the log. */
  readonly after?: LogPosition;
  /** At most this many. */
  readonly limit: number;
}

export interface AuditReference {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly recordedAt: string;
}

export interface AuditDetail {
  readonly record: AuditDocument;
  /** The event that caused it, then what caused that. */
  readonly causes: readonly AuditReference[];
  readonly effects: readonly AuditReference[];
}

/** How many events a filter finds, and how they divide; most first. */
export interface AuditCounts {
  readonly total: number;
  readonly byType: readonly { readonly name: string; readonly count: number }[];
  readonly byStream: readonly { readonly name: string; readonly count: number }[];
}
