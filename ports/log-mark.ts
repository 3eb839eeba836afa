import type { EventLog, RecordedEvent } from '#ports/event-log.ts';

/** An event of a log, by which the log is known again: one that does not have it is another one, or an earlier state of the same. */
export interface LogMark {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
}

/** By this a log is known again. */
export function markOf({ stream, revision, id }: RecordedEvent): LogMark {
  return { stream, revision, id };
}

/**
 * Whether the log still has that very event. Its position alone would not do: another log, or this one after it was put back and grew again, has other events
 * at the same positions. `unanswered` where the log does not say. A connection that ends looks like a page without events, so that such a page says nothing by itself.
 */
export async function hasMark(
  log: Pick<EventLog, 'readStream' | 'readAll'>,
  mark: LogMark,
): Promise<'yes' | 'no' | 'unanswered'> {
  const first = await look(log, mark);
  if (first !== 'nothing-there') return first;
  // The same question once more, now that the log is known to answer.
  if ((await endMark(log)) === undefined) return 'unanswered';
  const second = await look(log, mark);
  return second === 'nothing-there' ? 'no' : second;
}

async function look(
  log: Pick<EventLog, 'readStream'>,
  { stream, revision, id }: LogMark,
): Promise<'yes' | 'no' | 'unanswered' | 'nothing-there'> {
  const page = await log.readStream(stream, { direction: 'forwards', from: revision, limit: 1 });
  if (!page.ok) return page.reason === 'unavailable' || page.reason === 'access-denied' ? 'unanswered' : 'no';
  const found = page.events[0];
  if (found === undefined) return 'nothing-there';
  return found.revision === revision && found.id === id ? 'yes' : 'no';
}

/** The last event of the log; undefined where the log does not say, or has none. */
export async function endMark(log: Pick<EventLog, 'readAll'>): Promise<LogMark | undefined> {
  const page = await log.readAll({ direction: 'backwards', limit: 1 });
  const last = page.ok ? page.events[0] : undefined;
  return last === undefined ? undefined : markOf(last);
}
