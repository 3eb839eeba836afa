import type { EmergencyEvent } from '#domain/emergency/events.ts';
import { evolve } from '#domain/emergency/evolve.ts';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import { type EmergencyState, noEmergency } from '#domain/emergency/state.ts';
import { emergencyIdOfStream, emergencyStream } from '#domain/names.ts';
import type { ExpectedRevision, RecordedEvent } from '#ports/event-log.ts';
import { type RetryDeps, surely } from '#processor/retry.ts';
import { createEmergencyIndex, type EmergencyIndex } from '#processor/triage/index.ts';

/** An emergency as its stream told it when it was last looked at. */
export interface Loaded {
  readonly state: EmergencyState;
  readonly revision: ExpectedRevision;
}

/** The emergencies as triage sees them: those of late in full, of all of them what finds them. */
export interface Emergencies {
  readonly index: EmergencyIndex;
  /** As remembered, else as the stream says; undefined when the signal was aborted before the log answered. */
  load(id: string, signal: AbortSignal): Promise<Loaded | undefined>;
  /** As the stream says now. */
  reload(id: string, signal: AbortSignal): Promise<Loaded | undefined>;
  /** What was just appended. */
  appended(id: string, before: Loaded, events: readonly EmergencyEvent[], revision: number): Loaded;
  /** An event of an `emergency-*` stream that changes nothing any more. */
  knows(event: RecordedEvent): boolean;
  /** An event of any `emergency-*` stream, as a subscription hands it out; what is known already changes nothing. */
  observe(event: RecordedEvent, signal: AbortSignal): Promise<void>;
}

const page = 500;

/** @param remembered how many emergencies are kept in full */
export function createEmergencies(deps: RetryDeps, remembered = 500): Emergencies {
  const index = createEmergencyIndex();
  const recent = new Map<string, Loaded>();

  function keep(id: string, loaded: Loaded): Loaded {
    recent.delete(id);
    recent.set(id, loaded);
    if (recent.size > remembered) recent.delete(recent.keys().next().value ?? id);
    index.put(id, loaded.state);
    return loaded;
  }

  async function reload(id: string, signal: AbortSignal): Promise<Loaded | undefined> {
    let loaded: Loaded = { state: noEmergency, revision: 'no-stream' };
    for (let from = 0; ; ) {
      const read = await surely<readonly RecordedEvent[]>(deps, signal, async () => {
        const result = await deps.log.readStream(emergencyStream(id), { direction: 'forwards', from, limit: page });
        if (result.ok) return { done: result.events };
        return result.reason === 'unavailable' || result.reason === 'access-denied'
          ? { again: result.detail }
          : { done: [] };
      });
      if (read === undefined) return undefined;
      for (const event of read) loaded = after(loaded, event);
      if (read.length < page) return keep(id, loaded);
      from = (read.at(-1)?.revision ?? from) + 1;
    }
  }

  return {
    index,
    reload,
    async load(id, signal) {
      const known = recent.get(id);
      if (known !== undefined) return known;
      // One that no notice ever named is not there; should another triage just have raised it, the append says so.
      return index.byProviderCall(id) === undefined
        ? { state: noEmergency, revision: 'no-stream' }
        : reload(id, signal);
    },
    appended: (id, before, events, revision) => keep(id, { state: events.reduce(evolve, before.state), revision }),
    knows: (event) => event.revision <= revisionOf(recent.get(emergencyIdOfStream(event.stream) ?? '')),
    async observe(event, signal) {
      const id = emergencyIdOfStream(event.stream);
      if (id === undefined) return;
      const known = recent.get(id);
      const revision = revisionOf(known);
      if (event.revision <= revision) return;
      if (event.revision === revision + 1)
        keep(id, after(known ?? { state: noEmergency, revision: 'no-stream' }, event));
      else await reload(id, signal);
    },
  };
}

/** -1 for a stream that is not there, or of which nothing is known. */
function revisionOf(loaded: Loaded | undefined): number {
  return loaded === undefined || loaded.revision === 'no-stream' ? -1 : loaded.revision;
}

function after({ state }: Loaded, event: RecordedEvent): Loaded {
  const read = readEmergencyEvent(event);
  return { state: read === undefined ? state : evolve(state, read), revision: event.revision };
}
