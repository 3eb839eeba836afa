import { uuid5 } from '#kernel/uuid.ts';
import type { NewEvent } from '#ports/event-log.ts';

/** Events of one append. */
export const batchSize = 5;

/** The events that follow a revision; the same every time, ids included. */
export function batchAfter(stream: string, revision: number): NewEvent[] {
  return Array.from({ length: batchSize }, (_, i) => {
    const n = revision + 1 + i;
    return { id: idOf(stream, n), type: 'Counted', data: { n, text: 'x'.repeat(500) }, metadata: {} };
  });
}

export function idOf(stream: string, revision: number): string {
  return uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', `${stream}|${revision}`);
}
