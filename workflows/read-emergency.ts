import { evolve } from '#domain/emergency/evolve.ts';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import { type EmergencyState, noEmergency } from '#domain/emergency/state.ts';
import { valuesInPlace } from '#domain/sealed-places.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';

const pageSize = 500;

/** An emergency as its stream tells it now; undefined where the log does not answer. What is personal stays sealed. */
export async function readEmergency(
  log: Pick<EventLog, 'readStream'>,
  stream: string,
): Promise<{ readonly state: EmergencyState; readonly events: readonly RecordedEvent[] } | undefined> {
  let state: EmergencyState = noEmergency;
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await log.readStream(stream, { direction: 'forwards', from: events.length, limit: pageSize });
    if (!page.ok && page.reason !== 'stream-not-found') return undefined;
    const list = page.ok ? page.events : [];
    for (const event of list) {
      const known = readEmergencyEvent(valuesInPlace(event));
      if (known !== undefined) state = evolve(state, known);
      events.push(event);
    }
    if (list.length < pageSize) return { state, events };
  }
}
