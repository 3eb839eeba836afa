import type { ProvedHow, ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type { SealedValue } from '#domain/personal.ts';

/** Where it is recorded who looked at what. */
export const accessStream = 'access';

/** Something that a proved person saw, took away or began, before anybody is named in a stored event. */
export type Look =
  /** An emergency with its personal values, on the board, as a page or by a program. */
  | { readonly kind: 'emergency'; readonly person: ProvedPerson; readonly over: ActedFrom; readonly emergency: string }
  /** Records of a stream that holds personal values, unsealed. */
  | { readonly kind: 'record'; readonly person: ProvedPerson; readonly over: ActedFrom; readonly stream: string }
  /** Records that left the desk: a program read them. */
  | {
      readonly kind: 'export';
      readonly person: ProvedPerson;
      readonly over: ActedFrom;
      readonly filter: Readonly<Record<string, string>>;
    }
  /** The record was searched for a caller, whatever was found. */
  | { readonly kind: 'search'; readonly person: ProvedPerson; readonly over: ActedFrom; readonly callerToken: string }
  | { readonly kind: 'session-started'; readonly person: ProvedPerson; readonly roles: readonly string[] }
  | { readonly kind: 'session-ended'; readonly person: ProvedPerson };

/** What every event of the stream says of who it was; the name is sealed, the token is the same for the same person. */
interface Who {
  readonly by: SealedValue;
  readonly byToken: string;
  readonly proved: ProvedHow;
  /** When, ISO 8601 UTC; further looks of the same person at the same thing within ten minutes are this one. */
  readonly at: string;
}

export type AccessEvent =
  | {
      readonly type: 'EmergencyViewed';
      readonly data: Who & { readonly emergency: string; readonly over: ActedFrom };
    }
  | { readonly type: 'RecordViewed'; readonly data: Who & { readonly stream: string; readonly over: ActedFrom } }
  | {
      readonly type: 'RecordExported';
      readonly data: Who & { readonly filter: Readonly<Record<string, string>>; readonly over: ActedFrom };
    }
  | { readonly type: 'CallerSearched'; readonly data: Who & { readonly callerToken: string; readonly over: ActedFrom } }
  | { readonly type: 'SessionStarted'; readonly data: Who & { readonly roles: readonly string[] } }
  | { readonly type: 'SessionEnded'; readonly data: Who }
  /** This many looks could not be recorded; nothing is known of them but when it was. */
  | {
      readonly type: 'AccessRecordInterrupted';
      readonly data: { readonly lost: number; readonly from: string; readonly to: string };
    };

/** Milliseconds within which looks of the same person at the same thing are one event. */
export const coalesceMs = 600_000;

/** Equal for looks that are one event; undefined for what is recorded each time. */
export function lookKey(look: Look): string | undefined {
  switch (look.kind) {
    case 'emergency':
      return JSON.stringify([look.person.subject, look.kind, look.emergency]);
    case 'record':
      return JSON.stringify([look.person.subject, look.kind, look.stream]);
    case 'export':
      return JSON.stringify([look.person.subject, look.kind, look.over, Object.entries(look.filter).sort()]);
    case 'search':
      return JSON.stringify([look.person.subject, look.kind, look.callerToken]);
    default:
      return undefined;
  }
}

/** True for streams whose records hold personal values. */
export function holdsPersons(stream: string): boolean {
  return /^(emergency|inbox|subject)-/.test(stream) || stream === accessStream;
}
