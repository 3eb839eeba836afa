import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import { markOf } from '#ports/log-mark.ts';
import type { ReadModelStore } from '#ports/read-model-store.ts';
import type { Projection } from '#projections/projection.ts';

export interface FillOptions {
  /** Inclusive; without it up to what was in the log at the start. */
  readonly upTo?: LogPosition;
  readonly signal: AbortSignal;
  readonly onEvents?: (more: number) => void;
}

/**
 * Takes into a store what the log has beyond it. Reading, projecting and writing go on at the same time, one batch ahead of each other.
 * @returns false when the signal was aborted before all was in it
 * @throws when the store cannot be written
 */
export async function fillFromLog(
  { log, projection }: { readonly log: Pick<EventLog, 'subscribe'>; readonly projection: Projection },
  store: ReadModelStore,
  { upTo, signal, onEvents }: FillOptions,
): Promise<boolean> {
  const after = store.position();
  if (upTo !== undefined && (after ?? '') >= upTo) return true;
  const ending = new AbortController();
  const items = log
    .subscribe({
      ...(after === undefined ? {} : { after }),
      ...(projection.filter === undefined ? {} : { filter: projection.filter }),
      batchSize: projection.batchSize,
      signal: AbortSignal.any([signal, ending.signal]),
    })
    [Symbol.asyncIterator]();
  let next = items.next();
  let writing: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      const result = await next;
      if (result.done === true || signal.aborted) return false;
      const item = result.value;
      if (item.kind === 'caught-up') return true;
      if (item.kind === 'checkpoint') {
        if (upTo !== undefined && item.position >= upTo) return true;
        next = items.next();
        continue;
      }
      const events = notBeyond(item.events, upTo);
      const done = events.length < item.events.length || events.at(-1)?.position === upTo;
      if (!done) next = items.next();
      const last = events.at(-1);
      if (last !== undefined) {
        const changes = await projection.project(events, store);
        await writing;
        writing = store.commit(changes, last.position, markOf(last));
        writing.catch(() => undefined);
        onEvents?.(events.length);
      }
      if (done) return true;
    }
  } finally {
    ending.abort();
    next.catch(() => undefined);
    await items.return?.(undefined);
    await writing;
  }
}

export function notBeyond(events: readonly RecordedEvent[], upTo: LogPosition | undefined): readonly RecordedEvent[] {
  const last = events.at(-1);
  if (upTo === undefined || last === undefined || last.position <= upTo) return events;
  return events.filter(({ position }) => position <= upTo);
}
