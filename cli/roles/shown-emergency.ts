import { emergencyStream } from '#domain/names.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import type { EmergencyDocument } from '#projections/emergencies/document.ts';
import { foldEmergency } from '#projections/emergencies/projection.ts';

export interface ShownDeps {
  readonly clock: Clock;
  readonly log: Pick<EventLog, 'readStream'>;
  /** As the read model has it. */
  readonly get: (id: string) => Promise<EmergencyDocument | undefined>;
}

/** Milliseconds that an answer waits for the read model to show what was just appended. */
const showMs = 2000;
const lookMs = 5;
const pageSize = 500;

/**
 * An emergency as it is after an act. A read model that is behind is waited for, but not for ever: then the log is asked, for nobody may be shown a call as
 * nobody's that somebody has. Undefined where the log does not say either.
 */
export async function shownOnce(
  { clock, log, get }: ShownDeps,
  id: string,
  isShown: (document: EmergencyDocument) => boolean,
): Promise<EmergencyDocument | undefined> {
  const deadline = clock.monotonic() + showMs;
  for (;;) {
    const document = await get(id);
    if (document !== undefined && isShown(document)) return document;
    if (clock.monotonic() > deadline) break;
    await clock.sleep(lookMs);
  }
  const story = await readWhole(log, emergencyStream(id));
  const document = story === undefined ? undefined : foldEmergency(id, story);
  return document !== undefined && isShown(document) ? document : undefined;
}

async function readWhole(
  log: Pick<EventLog, 'readStream'>,
  stream: string,
): Promise<readonly RecordedEvent[] | undefined> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const from = (events.at(-1)?.revision ?? -1) + 1;
    const page = await log.readStream(stream, { direction: 'forwards', from, limit: pageSize });
    if (!page.ok) return undefined;
    events.push(...page.events);
    if (page.events.length < pageSize) return events;
  }
}
