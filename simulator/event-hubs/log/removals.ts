import type { Segment } from './segment.ts';
import type { SegmentStore } from './segment-files.ts';

/** Segments that retention has passed, until they are removed: one after the other and oldest first, so that none is ever missing between others. */
export interface Removals {
  /** Begins to remove these, and those again that could not be removed so far. */
  add(segments: readonly Segment[]): void;
  /** Resolves once none is being removed. */
  settled(): Promise<void>;
}

/** @param say told why one could not be removed, once until it was */
export function createRemovals(drop: SegmentStore['drop'], say: (problem: string) => void): Removals {
  const waiting: Segment[] = [];
  let running: Promise<void> | undefined;
  let said = false;

  async function removeAll(): Promise<void> {
    for (let oldest = waiting[0]; oldest !== undefined; oldest = waiting[0]) {
      await drop(oldest);
      waiting.shift();
      said = false;
    }
  }

  return {
    add: (segments) => {
      waiting.push(...segments);
      if (waiting.length === 0) return;
      running ??= removeAll()
        .catch((error: unknown) => {
          if (!said) say(error instanceof Error ? error.message : String(error));
          said = true;
        })
        .finally(() => {
          running = undefined;
        });
    },
    settled: async () => {
      await running;
    },
  };
}
