import type { RecordedEvent } from '#ports/event-log.ts';
import type { Place } from '#processor/resolve/waiting-list.ts';
import { type RetryDeps, surely } from '#processor/retry.ts';

const page = 500;

/** The events that stand there, as far as they are in the log; what was read until the signal came, when it comes first. */
export async function readPlaces(
  deps: RetryDeps,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for (const { stream, revisions } of places) {
    const wanted = new Set(revisions);
    for (let from = revisions[0]; from !== undefined; ) {
      const start = from;
      // What lies close together is read at once, what lies alone by itself.
      const last = revisions.findLast((each) => each < start + page) ?? start;
      const events = await surely<readonly RecordedEvent[]>(deps, signal, async () => {
        const read = await deps.log.readStream(stream, {
          ...{ direction: 'forwards', from: start, limit: last - start + 1 },
        });
        if (read.ok) return { done: read.events };
        return read.reason === 'unavailable' || read.reason === 'access-denied' ? { again: read.detail } : { done: [] };
      });
      if (events === undefined) return found;
      found.push(...events.filter(({ revision }) => wanted.has(revision)));
      from = revisions.find((each) => each > last);
    }
  }
  return found;
}
