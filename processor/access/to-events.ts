import type { AccessEvent, Look } from '#domain/access/events.ts';
import type { ProvedPerson } from '#domain/access/person.ts';
import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { personal } from '#domain/personal.ts';
import { assertNever } from '#kernel/assert-never.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';

/** A look that waits to be written. */
export interface WaitingLook {
  /** Of the event that it becomes: the same for every attempt. */
  readonly id: string;
  readonly look: Look;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

/** Looks that could not be kept until they could be written. */
export interface LostLooks {
  readonly id: string;
  readonly lost: number;
  /** Milliseconds since 1970 UTC. */
  readonly from: number;
  readonly to: number;
}

export interface ToEventsDeps {
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly recordedBy: RecordedBy;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

export type ToEventsResult =
  | { readonly ok: true; readonly events: readonly NewEvent[] }
  | { readonly ok: false; readonly detail: string };

/** The events that looks become, names sealed; all of them, or why not. */
export async function toEvents(deps: ToEventsDeps, waiting: readonly WaitingLook[]): Promise<ToEventsResult> {
  const { sealer, keyStore } = deps;
  const tokens = keyStore.token(waiting.map(({ look }) => look.person.subject.toLowerCase()));
  const sealed = await sealer.seal(
    waiting.map(({ id, look, at }, index) => ({
      eventId: id,
      document: {
        by: personal(look.person.subject, look.person.name),
        byToken: tokens[index] ?? '',
        proved: look.person.how satisfies ProvedPerson['how'],
        at: new Date(at).toISOString(),
        ...partsOf(look),
      },
    })),
  );
  if (!sealed.ok) return { ok: false, detail: sealed.detail };
  const events = waiting.map(({ id, look }, index): NewEvent => {
    const data = sealed.documents[index];
    if (!isJsonObject(data)) throw new TypeError('the sealer lost a document');
    const about = look.kind === 'emergency' ? look.emergency : id;
    return eventOf(deps, id, typeOf(look), data, about);
  });
  return { ok: true, events };
}

export function lostEvent(deps: ToEventsDeps, { id, lost, from, to }: LostLooks): NewEvent {
  const data = { lost, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return eventOf(deps, id, 'AccessRecordInterrupted', data, id);
}

function eventOf(
  { recordedBy, now }: ToEventsDeps,
  id: string,
  type: AccessEvent['type'],
  data: JsonObject,
  correlation: string,
): NewEvent {
  return { id, type, data, metadata: eventMetadata(recordedBy, now(), correlation, id) };
}

function typeOf({ kind }: Look): AccessEvent['type'] {
  switch (kind) {
    case 'emergency':
      return 'EmergencyViewed';
    case 'record':
      return 'RecordViewed';
    case 'export':
      return 'RecordExported';
    case 'search':
      return 'CallerSearched';
    case 'session-started':
      return 'SessionStarted';
    case 'session-ended':
      return 'SessionEnded';
    default:
      return assertNever(kind);
  }
}

/** What the event says beside who and when; nothing personal. */
function partsOf(look: Look): JsonObject {
  switch (look.kind) {
    case 'emergency':
      return { emergency: look.emergency, over: look.over };
    case 'record':
      return { stream: look.stream, over: look.over };
    case 'export':
      return { filter: { ...look.filter }, over: look.over };
    case 'search':
      return { callerToken: look.callerToken, over: look.over };
    case 'session-started':
      return { roles: [...look.roles] };
    case 'session-ended':
      return {};
    default:
      return assertNever(look);
  }
}
