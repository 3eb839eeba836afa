import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import type { LogMark } from '#ports/read-model-store.ts';

/** By this a log is known again. */
export function markOf({ stream, revision, id }: RecordedEvent): LogMark {
  return { stream, revision, id };
}

/**
 * Whether the log still has that very event. Its position alone would not do: another log, or this one after it was put back and grew again, has other events
 * at the same positions. `unanswered` where the log does not say.
 */
export async function hasMark(
  log: Pick<EventLog, 'readStream'>,
  { stream, revision, id }: LogMark,
): Promise<'yes' | 'no' | 'unanswered'> {
  const page = await log.readStream(stream, { direction: 'forwards', from: revision, limit: 1 });
  if (!page.ok) return page.reason === 'unavailable' || page.reason === 'access-denied' ? 'unanswered' : 'no';
  const found = page.events[0];
  return found?.revision === revision && found.id === id ? 'yes' : 'no';
}

/** The last event of the log; undefined where the log does not say, or has none. */
export async function endMark(log: Pick<EventLog, 'readAll'>): Promise<LogMark | undefined> {
  const page = await log.readAll({ direction: 'backwards', limit: 1 });
  const last = page.ok ? page.events[0] : undefined;
  return last === undefined ? undefined : markOf(last);
}
