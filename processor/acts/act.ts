import type { ProvedPerson } from '#domain/access/person.ts';
import type { EmergencyCommand } from '#domain/emergency/commands.ts';
import { decide, type Refusal } from '#domain/emergency/decide.ts';
import type { ActedFrom, Disposition, Sealed } from '#domain/emergency/events.ts';
import { evolve } from '#domain/emergency/evolve.ts';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import { type EmergencyState, noEmergency } from '#domain/emergency/state.ts';
import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { emergencyStream } from '#domain/names.ts';
import { personal } from '#domain/personal.ts';
import { assertNever } from '#kernel/assert-never.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';

export interface ActDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
}

/** Who acts, and over which way. `by` is claimed, unless `proved` says who it is. */
interface Actor {
  readonly by: string;
  readonly from: ActedFrom;
  readonly proved?: ProvedPerson;
}

/** What a person does about an emergency. */
export type HumanAct =
  | (Actor & { readonly act: 'acknowledge' })
  | (Actor & {
      readonly act: 'resolve';
      readonly disposition: Disposition;
      readonly note?: string;
    });

export type ActResult =
  /** `revision` is that of the stream's last event now. */
  | { readonly ok: true; readonly revision: number }
  | Refusal
  /** Nothing was recorded: the log or the key store does not answer. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string }
  /** It may be recorded: the log did not say what became of it, and did not answer any more. */
  | { readonly ok: false; readonly reason: 'outcome-unknown'; readonly detail: string };

/** Acts of people on emergencies: the first acknowledgement wins, by the expected revision of the stream. */
export interface Acts {
  act(emergencyId: string, act: HumanAct): Promise<ActResult>;
}

/** Milliseconds after which a person is told that the log is away, rather than left waiting. */
const patienceMs = 8000;
const pageSize = 500;

export function createActs(deps: ActDeps): Acts {
  return {
    async act(emergencyId, human) {
      const stream = emergencyStream(emergencyId);
      const eventId = deps.ids.random();
      const sealed = await sealAct(deps, eventId, human);
      if (!sealed.ok) return sealed;
      const command = commandOf(
        human,
        sealed.by,
        sealed.note,
        deps.keyStore.token([subjectOf(human).toLowerCase()])[0] ?? '',
        new Date(deps.clock.now()).toISOString(),
      );
      const deadline = deps.clock.monotonic() + patienceMs;
      let detail = 'the log did not answer in time';
      let reason: 'unavailable' | 'outcome-unknown' = 'unavailable';
      while (deps.clock.monotonic() < deadline) {
        const loaded = await load(deps, stream);
        if (loaded.ok) {
          // A former attempt of unknown outcome may have been written: then the stream has our event, and there is nothing left to do.
          if (loaded.ids.has(eventId)) return { ok: true, revision: loaded.revision };
          const decision = decide(command, loaded.state);
          if (!decision.ok) return decision;
          if (decision.events.length === 0) return { ok: true, revision: loaded.revision };
          const events = decision.events.map(
            (event, index): NewEvent => ({
              id: index === 0 ? eventId : deps.ids.random(),
              type: event.type,
              data: event.data as unknown as JsonObject,
              metadata: eventMetadata(deps.recordedBy, deps.clock.now(), emergencyId, loaded.lastId ?? eventId),
            }),
          );
          const result = await deps.log.append(stream, loaded.expected, events);
          if (result.ok) return { ok: true, revision: result.revision };
          if (result.reason === 'wrong-expected-revision') continue;
          if (result.reason === 'unknown-outcome') reason = 'outcome-unknown';
          detail = 'detail' in result ? `${result.reason}: ${result.detail}` : result.reason;
        } else detail = loaded.detail;
        await deps.clock.sleep(50 + 150 * deps.ids.fraction());
      }
      return { ok: false, reason, detail };
    },
  };
}

/** Two people of the same name are one while names are claimed; whoever was proved is one person whatever the name. */
function subjectOf({ by, proved }: HumanAct): string {
  return proved?.subject ?? `responder:${by.trim()}`;
}

async function sealAct(
  deps: ActDeps,
  eventId: string,
  human: HumanAct,
): Promise<
  | { readonly ok: true; readonly by: Sealed; readonly note: Sealed | undefined }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string }
> {
  const subject = subjectOf(human);
  const note = human.act === 'resolve' ? human.note : undefined;
  const sealed = await deps.sealer.seal([
    {
      eventId,
      document: { by: personal(subject, human.by), ...(note === undefined ? {} : { note: personal(subject, note) }) },
    },
  ]);
  if (!sealed.ok) return sealed;
  const document = sealed.documents[0];
  if (document === undefined || !isJsonObject(document)) throw new TypeError('the sealer lost a document');
  return { ok: true, by: document['by'] as unknown as Sealed, note: document['note'] as unknown as Sealed | undefined };
}

function commandOf(
  human: HumanAct,
  by: Sealed,
  note: Sealed | undefined,
  byToken: string,
  at: string,
): EmergencyCommand {
  const proved = human.proved === undefined ? {} : { proved: human.proved.how };
  switch (human.act) {
    case 'acknowledge':
      return { type: 'AcknowledgeEmergency', by, byToken, at, from: human.from, ...proved };
    case 'resolve':
      return {
        type: 'ResolveEmergency',
        by,
        byToken,
        at,
        from: human.from,
        disposition: human.disposition,
        ...proved,
        ...(note === undefined ? {} : { note }),
      };
    default:
      return assertNever(human);
  }
}

type Loaded =
  | {
      readonly ok: true;
      readonly state: EmergencyState;
      readonly expected: ExpectedRevision;
      readonly revision: number;
      readonly lastId: string | undefined;
      readonly ids: ReadonlySet<string>;
    }
  | { readonly ok: false; readonly detail: string };

async function load(deps: ActDeps, stream: string): Promise<Loaded> {
  let state: EmergencyState = noEmergency;
  let revision = -1;
  let lastId: string | undefined;
  const ids = new Set<string>();
  for (;;) {
    const page = await deps.log.readStream(stream, { direction: 'forwards', from: revision + 1, limit: pageSize });
    if (!page.ok) {
      if (page.reason === 'stream-not-found') return { ok: true, state, expected: 'no-stream', revision, lastId, ids };
      return { ok: false, detail: `${page.reason}: ${page.detail}` };
    }
    for (const event of page.events) {
      const known = readEmergencyEvent(event);
      if (known !== undefined) state = evolve(state, known);
      revision = event.revision;
      lastId = event.id;
      ids.add(event.id);
    }
    if (page.events.length < pageSize)
      return { ok: true, state, expected: revision < 0 ? 'no-stream' : revision, revision, lastId, ids };
  }
}
